import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { Failure, type CommandBasics, type CommandResult } from '#command-line';
import { appNames, type AppName } from '#contracts';
import {
  configurationFrom,
  durationFrom,
  present,
  required,
  withSecretsFromFiles,
  type Environment,
} from '#kernel';
import {
  brokerDefinitionsOf,
  defaultRetryDelays,
  feedNamesOf,
  listenerPasswordVariable,
  loadDefinitions,
  Naming,
  passwordVariableOf,
  workerPasswordVariableOf,
} from '#messaging';
import { routesFrom } from '#routes';
import { S3ObjectStore, s3OptionsFrom } from '#storage';

/** Variables with secrets that only this command reads. */
export const preparationSecrets: readonly string[] = [
  'RABBITMQ_MANAGEMENT_URL',
  ...appNames.map(passwordVariableOf),
  listenerPasswordVariable,
];

/**
 * Makes what the apps cannot make themselves where each comes with an account and a key of its own: accounts, rights and
 * queues at the broker (RABBITMQ_MANAGEMENT_URL), with an account for the worker of each target that others operate (ROUTES_FILE), buckets at the object store (S3_ENDPOINT). It may be done again at any time.
 */
export async function prepare({ environment: given, output }: CommandBasics): Promise<CommandResult> {
  const { outside } = configurationFrom(given, routesFrom);
  const secrets = [...preparationSecrets, ...outside.map(workerPasswordVariableOf)];
  const environment = withSecretsFromFiles(given, secrets);
  const lines = [...(await prepareBroker(environment, outside)), ...(await prepareBuckets(environment))];
  if (lines.length === 0)
    throw new Failure(
      'usage',
      'Expected RABBITMQ_MANAGEMENT_URL (the broker as its administrator reaches it), S3_ENDPOINT, or both; found neither.',
    );
  if (environment['S3_ENDPOINT'] === undefined) output.warn('S3_ENDPOINT is not set: buckets are left out');
  return { outcome: 'done', lines, document: { done: lines } };
}

async function prepareBroker(environment: Environment, outside: readonly string[]): Promise<string[]> {
  const address = environment['RABBITMQ_MANAGEMENT_URL'] ?? '';
  if (address === '') return [];
  const file = environment['JOB_CONFIGURATION_FILE'] ?? '';
  const feed = file === '' ? [] : feedNamesOf(parse(await readFile(file, 'utf8')));
  if (!URL.canParse(address))
    throw new Failure(
      'usage',
      'Expected RABBITMQ_MANAGEMENT_URL to be an address such as http://administrator:secret@broker:15672, found one that cannot be read.',
    );
  const url = new URL(address);
  const virtualHost = environment['RABBITMQ_VHOST'] ?? '/';
  await loadDefinitions(url, definitionsFrom(environment, { feed, virtualHost, outside }), virtualHost);
  const workers = outside.map((target) => `the worker of ${target}`);
  return [`broker ${url.host}: accounts, rights and queues of ${[...appNames, ...workers].join(', ')}`];
}

interface Wanted {
  readonly feed: readonly string[];
  readonly virtualHost: string;
  readonly outside: readonly string[];
}

function definitionsFrom(environment: Environment, { feed, virtualHost, outside }: Wanted): object {
  return configurationFrom(environment, (settings) =>
    brokerDefinitionsOf({
      naming: new Naming(settings['CATENA_PREFIX'] ?? 'catena'),
      retryDelays: settings['CATENA_RETRY_TIERS']?.split(',').map(durationFrom) ?? defaultRetryDelays,
      passwords: Object.fromEntries(
        appNames.map((app) => [app, required(settings, passwordVariableOf(app), 'a-secret')]),
      ) as Record<AppName, string>,
      workers: Object.fromEntries(
        outside.map((target) => [target, required(settings, workerPasswordVariableOf(target), 'a-secret')]),
      ),
      listener: present(settings[listenerPasswordVariable]),
      ...{ feed, virtualHost },
    }),
  );
}

async function prepareBuckets(environment: Environment): Promise<string[]> {
  if ((environment['S3_ENDPOINT'] ?? '') === '') return [];
  const store = new S3ObjectStore(configurationFrom(environment, s3OptionsFrom));
  const buckets = [
    environment['CONTROL_BUCKET'] ?? 'catena-control',
    environment['LANDING_ZONE_BUCKET'] ?? 'landing-zone',
    environment['RETRIEVAL_BUCKET'] ?? 'retrieval',
  ];
  try {
    for (const bucket of buckets) await store.ensureBucket(bucket);
  } finally {
    store.close();
  }
  return buckets.map((bucket) => `bucket ${bucket}`);
}
