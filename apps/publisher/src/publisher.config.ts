import {
  configurationFrom,
  duration,
  integer,
  refuse,
  required,
  type Environment,
  withoutSlash,
} from '#kernel';
import { mailOptionsFrom, type MailOptions } from '#mail';
import { serviceHostOptionsFrom, type ServiceHostOptions } from '#service-host';

/** Injection token of the validated configuration. */
export const ConfigToken = Symbol('PublisherConfig');

/** Everything publisher reads from its environment. See docs/configuration.md. */
export interface PublisherConfig {
  readonly serviceHost: ServiceHostOptions;
  readonly host: string;
  readonly port: number;
  readonly catalog: { readonly url: string; readonly username: string; readonly password: string };
  /** DataCite; absent: DOIs stay drafts that nobody outside knows. */
  readonly datacite:
    | {
        readonly url: string;
        readonly username: string;
        readonly password: string;
        /** Requests in five minutes. */
        readonly rate: number;
        /** Milliseconds for one answer. */
        readonly timeout: number;
      }
    | undefined;
  /** The publication server's private port. */
  readonly feed: { readonly url: string; readonly secret: string };
  /** Address of the public pages, without trailing slash: the only place DOIs point to. */
  readonly publicUrl: string;
  /** Publications in work at once in this process. */
  readonly workers: number;
  /** Milliseconds without a heartbeat after which another worker takes over. */
  readonly lease: number;
  /** Milliseconds between tries, at first and at most. */
  readonly retryPause: { readonly first: number; readonly most: number };
  readonly reconcile: {
    /** Milliseconds between two comparisons with catalogue, public store and DataCite. */
    readonly interval: number;
    /** DOIs read back from DataCite in one round. */
    readonly dois: number;
  };
  readonly recalls: {
    /** Milliseconds between two looks at what readers asked for. */
    readonly interval: number;
    readonly jobType: string;
    /** Bring the files of a new publication online without being asked. */
    readonly onPublication: boolean;
  };
  readonly mail: MailOptions | undefined;
}

export function publisherConfigFrom(environment: Environment): PublisherConfig {
  return configurationFrom(environment, read);
}

function read(environment: Environment): PublisherConfig {
  const secret = required(environment, 'PUSH_SECRET', 'the-same-as-of-the-publication-server');
  return {
    serviceHost: serviceHostOptionsFrom(environment, 'publisher', [
      { collection: 'publications', path: 'outbox' },
    ]),
    host: environment['HOST'] ?? '127.0.0.1',
    port: integer(environment, 'PORT', 3003, 0),
    catalog: {
      url: withoutSlash(required(environment, 'CATALOG_URL', 'http://127.0.0.1:3000')),
      username: required(environment, 'CATALOG_USERNAME', 'publisher'),
      password: required(environment, 'CATALOG_PASSWORD', 'a-password'),
    },
    datacite: dataciteFrom(environment),
    feed: {
      url: withoutSlash(required(environment, 'PUBLICATION_SERVER_URL', 'http://127.0.0.1:3005')),
      secret,
    },
    publicUrl: withoutSlash(required(environment, 'PUBLIC_URL', 'https://data.example.org')),
    workers: integer(environment, 'PUBLISHER_WORKERS', 4),
    lease: duration(environment, 'PUBLISHER_LEASE', '60s'),
    retryPause: {
      first: duration(environment, 'PUBLISHER_RETRY_PAUSE', '5s'),
      most: duration(environment, 'PUBLISHER_RETRY_PAUSE_MOST', '30m'),
    },
    reconcile: {
      interval: duration(environment, 'RECONCILE_INTERVAL', '1h'),
      dois: integer(environment, 'RECONCILE_DOIS', 500, 0),
    },
    recalls: {
      interval: duration(environment, 'RECALL_INTERVAL', '5s'),
      jobType: environment['RECALL_JOB_TYPE'] ?? 'retrieve',
      onPublication: environment['RECALL_ON_PUBLICATION'] !== 'off',
    },
    mail: mailOptionsFrom(environment),
  };
}

/** SciCat's names for the account; half an account is a mistake, none is draft mode. */
function dataciteFrom(environment: Environment): PublisherConfig['datacite'] {
  const username = environment['DOI_USERNAME'] ?? '';
  const password = environment['DOI_PASSWORD'] ?? '';
  if (username === '' && password === '') return undefined;
  if (username === '' || password === '')
    refuse(
      environment,
      'Expected both DOI_USERNAME and DOI_PASSWORD (the repository account at DataCite), or neither: then DOIs stay drafts.',
    );
  return {
    url: withoutSlash(environment['DATACITE_URL'] ?? 'https://api.datacite.org'),
    username,
    password,
    rate: integer(environment, 'DATACITE_RATE', 2500),
    timeout: duration(environment, 'DATACITE_TIMEOUT', '30s'),
  };
}
