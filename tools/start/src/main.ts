import { mkdir } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startStack, UnsupportedHost, type Stack } from '../../local-stack/src/index.js';
import { consoleUrlOf, publicUrlOf, type AppSettings } from './app-environments.js';
import { Demonstration } from './demonstration.js';
import { BadEnvironmentFile, readEnvironmentFile } from './environment-file.js';
import { prepareBroker } from './broker.js';
import { prepareBuckets } from './buckets.js';
import { dataciteProcess, prepare, supervisors, whenAccountsWork } from './installation.js';
import { placesBelow, type Places } from './places.js';
import { choosePorts, PortTaken } from './ports.js';
import type { Supervisor } from './supervisor.js';

const project = fileURLToPath(new URL('../../../..', import.meta.url));
const log = (line: string): void => console.log(`catena: ${line}`);
const usage = `Usage: npm start [-- --env-file FILE]

Starts MongoDB, RabbitMQ and S3 of its own and all apps, archives and publishes a demonstration dataset the first time,
and prints where everything is. Ctrl-C stops it; the next start goes on with the same data.

  --env-file FILE   variables for the apps (docs/configuration.md): NAME=value lines for all but publication-server; below a
                    heading [APP] for that app alone. Yours win over the demonstration's.

  CATENA_DATA    where everything is kept (default .catena)
  CATENA_PORT    port of the REST API; the other apps take the next ones (default: free ones)
  CATENA_MONGODB memory-server: MongoDB itself, where the package mongodb-memory-server is installed
  MONGODB_URI, RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL, S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION
                 services to use instead of own ones`;
const began = Date.now();
const since = (): string => `${((Date.now() - began) / 1000).toFixed(1)} s`;

/** What has been started, to be stopped in the opposite order. */
const started: { stack?: Stack; apps: Supervisor[]; demonstration?: Demonstration } = { apps: [] };
/** Signals come twice: from the terminal, and from the npm script that passes them on. */
const impatience = 2000;
let stoppingSince: number | undefined;

async function stop(reason: string, exitCode: number): Promise<never> {
  stoppingSince = Date.now();
  log(`${reason}: stopping`);
  await started.demonstration?.stop();
  await Promise.all(
    started.apps.map(async (app) => {
      await app.stop();
      log(`${app.name} is stopped`);
    }),
  );
  if (started.stack !== undefined) {
    await started.stack.stop();
    log('the services are stopped; data and tapes stay');
  }
  process.exit(exitCode);
}

function listenForSignals(): void {
  for (const [name, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)
    process.on(name, () => {
      if (stoppingSince === undefined) void stop(name, exitCode);
      else if (Date.now() - stoppingSince > impatience) process.exit(exitCode);
    });
}

async function start(places: Places, environmentFile: string | undefined): Promise<void> {
  const extra =
    environmentFile === undefined
      ? {}
      : await readEnvironmentFile(resolve(process.env['INIT_CWD'] ?? '.', environmentFile));
  await mkdir(places.directory, { recursive: true, mode: 0o711 });
  const ports = await choosePorts(process.env['CATENA_PORT']);
  log('starting MongoDB, RabbitMQ and S3');
  const stack = await startStack({ dataDirectory: places.stack, log, environment: process.env });
  started.stack = stack;
  const settings = { ...(await prepare(project, places, stack.environment, ports)), extra };
  await Promise.all([prepareBroker(settings), prepareBuckets(settings)]);
  log('starting catalog-api, job-assembler, archiver, publisher, publication-server and console');
  started.apps = [
    dataciteProcess(project, places, settings, log),
    ...supervisors(project, places, settings, log),
  ];
  for (const app of started.apps) app.start();
  await Promise.all(started.apps.map((app) => app.whenReady()));
  const url = `http://127.0.0.1:${settings.ports['catalog-api']}`;
  await whenAccountsWork(url, settings);
  log(`everything is up after ${since()}`);
  const page = await demonstrate(places, url, settings);
  if (stoppingSince === undefined) console.log(`\n${summary(places, url, settings, page)}\n`);
}

/** @returns the landing page of the published dataset */
async function demonstrate(
  places: Places,
  url: string,
  { secrets }: AppSettings,
): Promise<string | undefined> {
  const demonstration = new Demonstration({ project, places, url, password: secrets.accounts.demo, log });
  if (demonstration.wasGiven) return demonstration.formerPage();
  started.demonstration = demonstration;
  await demonstration.give();
  return demonstration.landingPage;
}

function summary(places: Places, url: string, settings: AppSettings, page: string | undefined): string {
  const { ports, secrets } = settings;
  const site = publicUrlOf(settings);
  const shown = (path: string): string => {
    const short = relative(process.cwd(), path);
    return short.startsWith('..') ? path : short;
  };
  return `Catena is up: ${consoleUrlOf(settings)}

  console ${consoleUrlOf(settings)}   (sign in as archiveManager to operate, as demo to look at own jobs)
  api     ${url}/explorer   (SciCat's v3 and v4, to read and to try)
  public  ${page ?? `${site}/`}   (its landing page; harvest ${site}/oai?verb=Identify)
  user    demo, password ${secrets.accounts.demo}   (others: ${shown(places.secrets)})
  tapes   ${shown(places.tapes)}   (read them with tar)
  logs    ${shown(places.logs)}   (job-assembler listens on ${ports['job-assembler']}, archiver on ${ports.archiver}, publisher on ${ports.publisher};
          DOIs are registered at a DataCite of the demonstration, which tells nobody)

Next, in another terminal:
  npx catena login --url ${url} --username demo
  npx catena ingest FOLDER --owner-group demo-group

As an operator:
  export OPERATIONS_APPS_FILE=${places.operationsApps}
  npx catena ops status

Ctrl-C stops everything; npm start goes on with the same data.`;
}

function givenFile(): string | undefined {
  try {
    const { values } = parseArgs({
      options: { help: { type: 'boolean', short: 'h' }, 'env-file': { type: 'string' } },
    });
    if (values.help !== true) return values['env-file'];
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`catena: ${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

const environmentFile = givenFile();
listenForSignals();
try {
  await start(placesBelow(project, process.env['CATENA_DATA']), environmentFile);
} catch (error) {
  if (stoppingSince === undefined) {
    const explained = [UnsupportedHost, PortTaken, BadEnvironmentFile].some((kind) => error instanceof kind);
    const text = error instanceof Error ? error.message : String(error);
    console.error(`catena: ${explained ? text : `could not start: ${text}`}`);
    await stop('giving up', 1);
  }
}
