import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { configurationFrom, durationFrom, required } from '#kernel';
import {
  brokerDefinitionsOf,
  defaultRetryDelays,
  feedNamesOf,
  loadDefinitions,
  Naming,
  workerPasswordVariableOf,
} from '#messaging';
import { routesFrom } from '#routes';
import { managementUrlOf, type AppSettings } from './app-environments.js';

/**
 * Makes what the apps need at the broker before they come with accounts of their own: accounts, rights, queues. Does
 * nothing where nobody may make accounts (a broker from outside without its management address).
 */
export async function prepareBroker(settings: AppSettings): Promise<void> {
  const url = managementUrlOf(settings);
  if (url === undefined) return;
  const tiers = settings.extra?.archiver?.['CATENA_RETRY_TIERS'];
  const definitions = brokerDefinitionsOf({
    naming: new Naming(settings.prefix),
    retryDelays: tiers?.split(',').map(durationFrom) ?? defaultRetryDelays,
    passwords: settings.secrets.broker,
    listener: settings.secrets.listener,
    workers: workersOf(settings),
    feed: feedNamesOf(parse(await readFile(settings.jobConfigurationFile, 'utf8'))),
  });
  await loadDefinitions(url, definitions);
}

/** Passwords of the workers of targets that others operate (ROUTES_FILE), as whoever starts this says them. */
function workersOf(settings: AppSettings): Record<string, string> {
  const environment = { ...process.env, ...settings.extra?.['job-assembler'] };
  return configurationFrom(environment, (read) =>
    Object.fromEntries(
      routesFrom(read).outside.map((target) => [
        target,
        required(read, workerPasswordVariableOf(target), 'a-secret'),
      ]),
    ),
  );
}
