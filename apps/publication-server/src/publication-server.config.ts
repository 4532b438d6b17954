import { isTimeZone } from '#datacite';
import {
  attempted,
  configurationFrom,
  duration,
  integer,
  present,
  refuse,
  required,
  type Environment,
  listFrom,
  withoutSlash,
} from '#kernel';
import {
  observationFrom,
  requestWindow,
  themeFrom,
  type ObservationOptions,
  type Theme,
} from '#service-host';

/** Injection token of the validated configuration. */
export const ConfigToken = Symbol('PublicationServerConfig');

const exampleUrl = 'https://data.example.org';

/** Everything publication-server reads from its environment. See docs/configuration.md. */
export interface PublicationServerConfig {
  readonly mongodbUri: string;
  readonly logLevel: string;
  /** Milliseconds that running requests may take when the process is told to end. */
  readonly shutdownPatience: number;
  /** Milliseconds after which a process that was told to end does so at last. */
  readonly shutdownDeadline: number;
  /** Milliseconds without a sign of life after which a loop fails liveness. */
  readonly livenessLimit: number;
  /** Which installation it belongs to, for those who ask whether it is ready. */
  readonly installation: string | undefined;
  /** The public listener. */
  readonly host: string;
  readonly port: number;
  /** The listener that only the publisher may reach. */
  readonly private: { readonly host: string; readonly port: number; readonly secret: string };
  /** What readers see in their address bar, without trailing slash; never taken from a request. */
  readonly publicUrl: string;
  readonly oai: {
    readonly repositoryName: string;
    readonly adminEmail: string;
    /** The domain in `oai:<domain>:<doi>`. */
    readonly domain: string;
    /** Records of one answer. */
    readonly pageSize: number;
    /** Milliseconds a resumption token is good for. */
    readonly tokenLifetime: number;
  };
  /** Signs resumption tokens and hides network addresses. */
  readonly secret: string;
  readonly theme: Theme;
  /** Where the day begins on which an embargo ends: an IANA name, the same as catalog-api's. */
  readonly embargoTimeZone: string;
  readonly downloads: {
    /** Origins (`https://s3.example.org`) that copies may be read from. */
    readonly origins: readonly string[];
    /** Downloads at once for one client. */
    readonly perClient: number;
    /** Downloads at once for everybody. */
    readonly most: number;
    /** Milliseconds without the reader taking a byte after which it is cut off. */
    readonly patience: number;
  };
  readonly recalls: {
    /** Requests a client may have made in a day. */
    readonly perClientAndDay: number;
    /** Milliseconds a finished request stays. */
    readonly lifetime: number;
  };
  /** Numbers and traces. */
  readonly observation: ObservationOptions;
  /** Proxies in front whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Requests of one network address that are taken within the window (milliseconds); 0 for any number. */
  readonly requestLimits: { readonly perAddress: number; readonly window: number };
}

export function publicationServerConfigFrom(environment: Environment): PublicationServerConfig {
  return configurationFrom(environment, read);
}

function read(environment: Environment): PublicationServerConfig {
  const publicUrl = publicUrlFrom(environment);
  const secret = pushSecretFrom(environment);
  return {
    mongodbUri: required(environment, 'MONGODB_URI', 'mongodb://127.0.0.1:27017/catena-public'),
    logLevel: environment['LOG_LEVEL'] ?? 'info',
    shutdownPatience: duration(environment, 'SHUTDOWN_PATIENCE', '8s'),
    shutdownDeadline: duration(environment, 'SHUTDOWN_DEADLINE', '25s'),
    livenessLimit: duration(environment, 'LIVENESS_LIMIT', '5m'),
    installation: present(environment['CATENA_INSTALLATION']),
    host: environment['HOST'] ?? '127.0.0.1',
    port: integer(environment, 'PORT', 3004, 0),
    private: {
      host: environment['PRIVATE_HOST'] ?? '127.0.0.1',
      port: integer(environment, 'PRIVATE_PORT', 3005, 0),
      secret,
    },
    publicUrl,
    oai: {
      repositoryName: environment['OAI_REPOSITORY_NAME'] ?? 'Catena',
      adminEmail: environment['OAI_ADMIN_EMAIL'] ?? 'admin@example.org',
      domain: environment['OAI_DOMAIN'] ?? new URL(publicUrl).hostname,
      pageSize: integer(environment, 'OAI_PAGE_SIZE', 200),
      tokenLifetime: duration(environment, 'OAI_TOKEN_LIFETIME', '7d'),
    },
    secret: environment['PUBLIC_SECRET'] ?? `public:${secret}`,
    theme: attempted(environment, () => themeFrom(environment['THEME_FILE']), themeFrom(undefined)),
    embargoTimeZone: timeZoneFrom(environment, environment['EMBARGO_TIME_ZONE'] ?? 'UTC'),
    downloads: {
      origins: listFrom(environment['DOWNLOAD_ORIGINS'] ?? '').map(withoutSlash),
      perClient: integer(environment, 'DOWNLOADS_PER_CLIENT', 4),
      most: integer(environment, 'DOWNLOADS_AT_ONCE', 64),
      patience: duration(environment, 'DOWNLOAD_PATIENCE', '60s'),
    },
    recalls: {
      perClientAndDay: integer(environment, 'RECALLS_PER_CLIENT_AND_DAY', 5, 0),
      lifetime: duration(environment, 'RECALL_LIFETIME', '30d'),
    },
    observation: observationFrom(environment),
    trustedProxies: listFrom(environment['TRUSTED_PROXIES'] ?? '').map(withoutSlash),
    requestLimits: {
      perAddress: integer(environment, 'REQUEST_LIMIT_PER_ADDRESS', 12_000, 0),
      window: requestWindow(environment, duration(environment, 'REQUEST_LIMIT_WINDOW', '1m')),
    },
  };
}

function publicUrlFrom(environment: Environment): string {
  const text = required(environment, 'PUBLIC_URL', exampleUrl);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '')
    return withoutSlash(text);
  refuse(
    environment,
    `Expected PUBLIC_URL to be an address such as ${exampleUrl}, found ${JSON.stringify(text)}.`,
  );
  return exampleUrl;
}

function timeZoneFrom(environment: Environment, name: string): string {
  if (!isTimeZone(name))
    refuse(
      environment,
      `Expected EMBARGO_TIME_ZONE to be the IANA name of a time zone, such as Europe/Zurich, found ${JSON.stringify(name)}.`,
    );
  return name;
}

function pushSecretFrom(environment: Environment): string {
  const secret = required(environment, 'PUSH_SECRET', 'a-random-text-of-at-least-32-characters');
  if (secret.length < 32)
    refuse(
      environment,
      `Expected PUSH_SECRET to have at least 32 characters, found ${secret.length}: make one with \`openssl rand -hex 32\`.`,
    );
  return secret;
}
