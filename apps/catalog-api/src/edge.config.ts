import { existsSync } from 'node:fs';
import {
  configurationFrom,
  duration,
  integer,
  isOn,
  refuse,
  type Environment,
  listFrom,
  withoutSlash,
} from '#kernel';
import { requestWindow } from '#service-host';

/** What stands around the catalogue: the frontend's settings, logbooks, metrics, how the API shows itself. */
export interface EdgeConfig {
  /** Settings that are rewritten into the database at each start, with the file each comes from. */
  readonly runtimeConfigFiles: ReadonlyMap<string, string>;
  readonly logbooks: { readonly url: string } | undefined;
  /** Limits of calls to other servers; milliseconds. */
  readonly http: { readonly timeout: number };
  readonly metrics: { readonly file: string | undefined } | undefined;
  readonly masksPersonalInfo: boolean;
  /** Addresses of proxies whose `X-Forwarded-For` counts. */
  readonly trustedProxies: readonly string[];
  /** Requests that are taken within the window (milliseconds); 0 for any number. */
  readonly requestLimits: {
    readonly perCaller: number;
    readonly perAddress: number;
    readonly window: number;
  };
}

/**
 * Reads the settings of what stands around the catalogue.
 *
 * @throws PermanentError `kernel.configuration` that names everything wrong at once
 */
export function edgeConfigFrom(environment: Environment): EdgeConfig {
  return configurationFrom(environment, read);
}

function read(environment: Environment): EdgeConfig {
  const problems: string[] = [];
  const config: EdgeConfig = {
    runtimeConfigFiles: runtimeConfigFilesFrom(environment, problems),
    logbooks: logbooksFrom(environment, problems),
    http: { timeout: integer(environment, 'HTTP_TIMEOUT', 5000) },
    metrics: metricsFrom(environment, problems),
    masksPersonalInfo: isOn(environment['MASK_PERSONAL_INFO']),
    trustedProxies: listFrom(environment['TRUSTED_PROXIES']),
    requestLimits: {
      perCaller: integer(environment, 'REQUEST_LIMIT_PER_CALLER', 30_000, 0),
      perAddress: integer(environment, 'REQUEST_LIMIT_PER_ADDRESS', 12_000, 0),
      window: requestWindow(environment, duration(environment, 'REQUEST_LIMIT_WINDOW', '1m')),
    },
  };
  if (problems.length > 0) refuse(environment, ...problems);
  return config;
}

function runtimeConfigFilesFrom(environment: Environment, problems: string[]): Map<string, string> {
  const files: Readonly<Record<string, string | undefined>> = {
    frontendConfig: environment['FRONTEND_CONFIG_FILE'],
    frontendTheme: environment['FRONTEND_THEME_FILE'],
    datasetTypes: environment['DATASET_TYPES_FILE'],
    proposalTypes: environment['PROPOSAL_TYPES_FILE'],
    publishedDataConfig: environment['PUBLISHED_DATA_CONFIG_FILE'],
    metricsConfig: environment['METRICS_CONFIG_FILE'],
  };
  const chosen = new Map<string, string>();
  const asked = listFrom(environment['CONFIG_SYNC_TO_DB_LIST']);
  for (const name of new Set(['frontendConfig', 'frontendTheme', ...asked])) {
    const file = files[name];
    if (!(name in files))
      problems.push(
        `CONFIG_SYNC_TO_DB_LIST names ${name}; known are ${Object.keys(files).join(', ')}: correct or remove it.`,
      );
    else if (file !== undefined && file !== '') {
      if (!existsSync(file)) problems.push(`The file of ${name}, ${file}, is not there: correct its path.`);
      chosen.set(name, file);
    } else if (asked.includes(name) && !name.startsWith('frontend'))
      problems.push(
        `CONFIG_SYNC_TO_DB_LIST names ${name}, whose file is not set: set it or remove the name.`,
      );
  }
  return chosen;
}

function logbooksFrom(environment: Environment, problems: string[]): { url: string } | undefined {
  if (!isOn(environment['LOGBOOK_ENABLED'])) return undefined;
  const url = environment['LOGBOOK_BASE_URL'] ?? '';
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    problems.push('LOGBOOK_ENABLED needs LOGBOOK_BASE_URL, the URL of the logbook service.');
  return { url: withoutSlash(url) };
}

function metricsFrom(environment: Environment, problems: string[]): EdgeConfig['metrics'] {
  if (!isOn(environment['METRICS_ENABLED'])) return undefined;
  const file = environment['METRICS_CONFIG_FILE'] || undefined;
  if (file !== undefined && !existsSync(file))
    problems.push(`METRICS_CONFIG_FILE names ${file}, which is not there: correct the path or remove it.`);
  return { file };
}
