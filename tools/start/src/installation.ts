import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  appNames,
  dataciteAccount,
  doiPrefix,
  entryOf,
  environmentOf,
  functionalAccounts,
  operatedApps,
  readyUrlOf,
  sourceFolderRules,
  type AppSettings,
} from './app-environments.js';
import { AppProcess } from './app-process.js';
import type { Places } from './places.js';
import { loadSecrets, writePrivately } from './secrets.js';
import { Supervisor } from './supervisor.js';

type Log = (line: string) => void;

const patience = 20_000;

/** The settings of the apps, with the folders and files they need. */
export async function prepare(
  project: string,
  places: Places,
  services: AppSettings['services'],
  ports: AppSettings['ports'],
): Promise<AppSettings> {
  for (const folder of [places.tapes, places.source, places.logs]) await mkdir(folder, { recursive: true });
  const secrets = await loadSecrets(places.secrets);
  await writePrivately(places.accounts, functionalAccounts(secrets));
  await writePrivately(places.operationsApps, operatedApps(secrets, ports));
  await writeFile(places.sourceFolders, sourceFolderRules(places.source));
  return {
    services,
    dataDirectory: places.directory,
    secrets,
    ports,
    prefix: process.env['CATENA_PREFIX'] ?? 'catena',
    dataciteUrl: `http://127.0.0.1:${ports['fake-datacite']}`,
    ltsRoots: [places.tapes],
    sourceFoldersFile: places.sourceFolders,
    functionalAccountsFile: places.accounts,
    operationsAppsFile: places.operationsApps,
    jobConfigurationFile:
      process.env['JOB_CONFIGURATION_FILE'] ?? join(project, 'examples', 'job-configuration.yaml'),
  };
}

/** The demonstration's DataCite: a process of its own, that registers nothing anywhere. */
export function dataciteProcess(
  project: string,
  places: Places,
  settings: AppSettings,
  log: Log,
): Supervisor {
  const port = settings.ports['fake-datacite'];
  const app = new AppProcess({
    name: 'fake-datacite',
    entry: join(project, 'dist', 'tools', 'fake-datacite', 'src', 'main.js'),
    environment: {
      PORT: String(port),
      DOI_USERNAME: dataciteAccount,
      DOI_PASSWORD: settings.secrets.datacite,
      DOI_PREFIX: doiPrefix,
      FAKE_DATACITE_FILE: places.datacite,
    },
    logFile: join(places.logs, 'fake-datacite.log'),
    readyUrl: `http://127.0.0.1:${port}/heartbeat`,
  });
  return new Supervisor(app, log);
}

/** The apps as supervised processes, in the order of their start. */
export function supervisors(project: string, places: Places, settings: AppSettings, log: Log): Supervisor[] {
  return appNames.map((name) => {
    const app = new AppProcess({
      name,
      entry: entryOf(project, name),
      environment: environmentOf(name, settings),
      logFile: join(places.logs, `${name}.log`),
      readyUrl: readyUrlOf(name, settings),
    });
    return new Supervisor(app, log);
  });
}

/**
 * Waits until the demonstration's user can sign in: accounts are written after the start.
 *
 * @throws Error when the database was made with other secrets
 */
export async function whenAccountsWork(
  url: string,
  { secrets, prefix, dataDirectory }: AppSettings,
): Promise<void> {
  const body = JSON.stringify({ username: 'demo', password: secrets.accounts.demo });
  const headers = { 'content-type': 'application/json' };
  for (const until = Date.now() + patience; Date.now() < until; await sleep(100)) {
    const answer = await fetch(`${url}/api/v3/auth/login`, { method: 'POST', headers, body }).catch(
      () => undefined,
    );
    if (answer?.ok === true) return;
  }
  throw new Error(
    `Expected the user demo to be able to sign in, but the database "${prefix}-catalog-api" knows another password: it was made from another data directory than ${dataDirectory}. Use that one (CATENA_DATA), or another CATENA_PREFIX.`,
  );
}
