import { signInStrategies, type SignInStrategy } from '#console-api';
import {
  attempted,
  configurationFrom,
  duration,
  integer,
  listFrom,
  present,
  refuse,
  required,
  withoutSlash,
  type Environment,
} from '#kernel';
import {
  observationFrom,
  requestWindow,
  themeFrom,
  type ObservationOptions,
  type Theme,
} from '#service-host';

/** Injection token of the validated configuration. */
export const ConfigToken = Symbol('ConsoleConfig');

const exampleUrl = 'https://scicat.example.org/console';
const leastSecret = 32;
/** In the header, where THEME_FILE says no other name. */
const ownName = 'Catena';
const languages = ['en', 'de'] as const;

/** Everything the console reads from its environment. See docs/configuration.md. */
export interface ConsoleConfig {
  readonly logLevel: string;
  /** Milliseconds that running requests may take when the process is told to end. */
  readonly shutdownPatience: number;
  /** Milliseconds after which a process that was told to end does so at last. */
  readonly shutdownDeadline: number;
  /** Milliseconds without a sign of life after which a loop fails liveness. */
  readonly livenessLimit: number;
  /** Which installation it belongs to, for those who ask whether it is ready. */
  readonly installation: string | undefined;
  readonly host: string;
  readonly port: number;
  /** Where the console asks catalog-api, without trailing slash. */
  readonly catalogUrl: string;
  /** Where browsers begin a sign-in at the identity provider: catalog-api as they reach it. */
  readonly publicCatalogUrl: string;
  /** What people see in their address bar; its last part is `/console`. Never taken from a request. */
  readonly publicUrl: string;
  /** Seals sessions; the same for all processes. */
  readonly secret: string;
  /** Where it hears that something has changed; undefined: it asks every few seconds. */
  readonly rabbitmqUrl: string | undefined;
  /** What the names of exchanges and queues begin with. */
  readonly prefix: string;
  /** Opens the console while nobody can sign in; undefined: it does not. */
  readonly emergencyToken: string | undefined;
  /** Names the apps whose operations calls are passed on. */
  readonly operationsAppsFile: string;
  readonly signIn: readonly SignInStrategy[];
  readonly theme: Theme;
  readonly links: { readonly broker?: string; readonly metrics?: string; readonly logs?: string };
  readonly languages: readonly string[];
  /** The folder with the built browser part; undefined: where the build puts it. */
  readonly webFolder: string | undefined;
  readonly observation: ObservationOptions;
  /** Proxies in front whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Requests of one network address that are taken within the window (milliseconds); 0 for any number. */
  readonly requestLimits: { readonly perAddress: number; readonly window: number };
}

/** @throws PermanentError `kernel.configuration` */
export function consoleConfigFrom(environment: Environment): ConsoleConfig {
  return configurationFrom(environment, read);
}

/** Whether browsers reach the console by TLS. */
export function isSecure({ publicUrl }: Pick<ConsoleConfig, 'publicUrl'>): boolean {
  return publicUrl.startsWith('https:');
}

function read(environment: Environment): ConsoleConfig {
  const catalogUrl = catalogUrlFrom(environment);
  return {
    logLevel: environment['LOG_LEVEL'] ?? 'info',
    shutdownPatience: duration(environment, 'SHUTDOWN_PATIENCE', '8s'),
    shutdownDeadline: duration(environment, 'SHUTDOWN_DEADLINE', '25s'),
    livenessLimit: duration(environment, 'LIVENESS_LIMIT', '5m'),
    installation: present(environment['CATENA_INSTALLATION']),
    host: environment['HOST'] ?? '127.0.0.1',
    port: integer(environment, 'PORT', 3006, 0),
    catalogUrl,
    publicCatalogUrl:
      pageFrom(environment, 'CATALOG_PUBLIC_URL', environment['CATALOG_PUBLIC_URL']) ?? catalogUrl,
    publicUrl: publicUrlFrom(environment),
    secret: longSecret(
      environment,
      'CONSOLE_SECRET',
      required(environment, 'CONSOLE_SECRET', 'a-random-text-of-at-least-32-characters'),
    ),
    rabbitmqUrl: brokerFrom(environment),
    prefix: environment['CATENA_PREFIX'] ?? 'catena',
    emergencyToken: emergencyTokenFrom(environment),
    operationsAppsFile: required(environment, 'OPERATIONS_APPS_FILE', '/etc/catena/operations-apps.yaml'),
    signIn: chosenFrom(
      environment,
      'CONSOLE_SIGN_IN',
      environment['CONSOLE_SIGN_IN'] ?? 'local',
      signInStrategies,
    ),
    theme: attempted(
      environment,
      () => themeFrom(environment['THEME_FILE'], ownName),
      themeFrom(undefined, ownName),
    ),
    links: linksFrom(environment),
    languages: chosenFrom(
      environment,
      'CONSOLE_LANGUAGES',
      environment['CONSOLE_LANGUAGES'] ?? 'en,de',
      languages,
    ),
    webFolder: present(environment['CONSOLE_WEB_FOLDER']),
    observation: observationFrom(environment),
    trustedProxies: listFrom(environment['TRUSTED_PROXIES'] ?? '').map(withoutSlash),
    requestLimits: {
      perAddress: integer(environment, 'REQUEST_LIMIT_PER_ADDRESS', 12_000, 0),
      window: requestWindow(environment, duration(environment, 'REQUEST_LIMIT_WINDOW', '1m')),
    },
  };
}

function catalogUrlFrom(environment: Environment): string {
  const example = 'http://127.0.0.1:3000';
  const text = required(environment, 'CATALOG_URL', example);
  if (isAddress(text)) return withoutSlash(text);
  refuse(
    environment,
    `Expected CATALOG_URL to be an address such as ${example}, found ${JSON.stringify(text)}.`,
  );
  return example;
}

function publicUrlFrom(environment: Environment): string {
  const text = withoutSlash(required(environment, 'CONSOLE_URL', exampleUrl));
  if (isAddress(text) && new URL(text).pathname === '/console') return text;
  refuse(
    environment,
    `Expected CONSOLE_URL to be the address of the console as browsers see it, such as ${exampleUrl}, found ${JSON.stringify(text)}: its path is always /console.`,
  );
  return exampleUrl;
}

function brokerFrom(environment: Environment): string | undefined {
  const url = present(environment['RABBITMQ_URL']);
  if (url === undefined || (URL.canParse(url) && /^amqps?:$/.test(new URL(url).protocol))) return url;
  refuse(
    environment,
    'Expected RABBITMQ_URL to be an address such as amqp://catena.console:secret@broker:5672, found one that cannot be read.',
  );
  return undefined;
}

function emergencyTokenFrom(environment: Environment): string | undefined {
  const token = present(environment['CONSOLE_EMERGENCY_TOKEN']);
  return token === undefined ? undefined : longSecret(environment, 'CONSOLE_EMERGENCY_TOKEN', token);
}

function longSecret(environment: Environment, name: string, value: string): string {
  if (value.length < leastSecret)
    refuse(
      environment,
      `Expected ${name} to have at least ${leastSecret} characters, found ${value.length}: make one with \`openssl rand -hex 32\`.`,
    );
  return value;
}

/** Names of a closed list, each once, at least one. */
function chosenFrom<Name extends string>(
  environment: Environment,
  variable: string,
  text: string,
  known: readonly Name[],
): readonly Name[] {
  const names = [...new Set(listFrom(text))];
  const chosen = names.flatMap((name) => known.filter((one) => one === name));
  if (chosen.length < names.length || chosen.length === 0)
    refuse(
      environment,
      `Expected in ${variable} some of ${known.join(', ')}, with commas between them, found ${JSON.stringify(text)}.`,
    );
  return chosen;
}

function linksFrom(environment: Environment): ConsoleConfig['links'] {
  const broker = pageFrom(environment, 'BROKER_PAGE_URL', environment['BROKER_PAGE_URL']);
  const metrics = pageFrom(environment, 'METRICS_PAGE_URL', environment['METRICS_PAGE_URL']);
  const logs = pageFrom(environment, 'LOGS_PAGE_URL', environment['LOGS_PAGE_URL']);
  return {
    ...(broker === undefined ? {} : { broker }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(logs === undefined ? {} : { logs }),
  };
}

/** An address that browsers follow; `{jobId}` and `{traceId}` in it are filled in there. */
function pageFrom(environment: Environment, name: string, value: string | undefined): string | undefined {
  const text = present(value);
  if (text === undefined) return undefined;
  if (isAddress(text.replace(/\{(jobId|traceId)\}/g, 'x'))) return withoutSlash(text);
  refuse(
    environment,
    `Expected ${name} to be an address that begins with https:// or http://, found ${JSON.stringify(text)}.`,
  );
  return undefined;
}

/** With nobody's name or password in it. */
function isAddress(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}
