import { workflows, type Workflow } from '#contracts';
import {
  attempted,
  bytes,
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
import { ingestorConfigFrom, type IngestorConfig } from '#ingestor-uploads';
import { serviceHostOptionsFrom, type ServiceHostOptions } from '#service-host';
import { s3OptionsFrom, type S3ObjectStoreOptions } from '#storage';

/** Injection token of the validated configuration. */
export const ConfigToken = Symbol('ScicatBridgeConfig');

/** Everything the bridge reads from its environment. See docs/configuration.md. */
export interface ScicatBridgeConfig {
  readonly serviceHost: ServiceHostOptions;
  readonly host: string;
  readonly port: number;
  readonly storage: S3ObjectStoreOptions;
  readonly controlBucket: string;
  /** Where ingestors' files go; without uploads the bridge only makes it, for the apps that look into it. */
  readonly landingZoneBucket: string;
  /** Milliseconds for which a list that a message names is waited for. */
  readonly referencePatience: number;
  readonly scicat: {
    readonly url: string;
    readonly username: string;
    readonly password: string;
    readonly jobsApi: 'v3' | 'v4';
    /** Milliseconds for one answer. */
    readonly patience: number;
    /** Bytes of the largest body that SciCat takes. */
    readonly maxBody: number;
  };
  /** Who looks whether the group of a job has the right to its datasets; `scicat`: nobody but SciCat, by its own configuration. */
  readonly jobRights: 'check' | 'scicat';
  /** What is done for which type of job; types that are not in it are left alone. */
  readonly jobTypes: ReadonlyMap<string, Workflow>;
  /** Status codes of jobs that nobody has begun. */
  readonly initialStatus: readonly string[];
  /** People whose jobs need no right to the datasets. */
  readonly privilegedUsers: readonly string[];
  /** Milliseconds between two polls for new jobs. */
  readonly pollInterval: number;
  /** Milliseconds after which a job that runs is looked for in SciCat. */
  readonly checkInterval: number;
  /** SciCat's job feed; undefined: nobody listens to one. */
  readonly feed:
    | { readonly url: string; readonly queue: string; readonly exchange: string; readonly key: string }
    | undefined;
  /** The API that ingestors and SciCat's `url` action speak. */
  readonly ingestor: IngestorConfig;
  /** Jobs in work at once in this process. */
  readonly workers: number;
  /** Milliseconds without a heartbeat after which another worker takes over. */
  readonly lease: number;
  /** Milliseconds between tries, at first and at most. */
  readonly retryPause: { readonly first: number; readonly most: number };
  /** Milliseconds that jobs stay known after their end. */
  readonly jobRetention: number;
}

export function scicatBridgeConfigFrom(environment: Environment): ScicatBridgeConfig {
  return configurationFrom(environment, read);
}

function read(environment: Environment): ScicatBridgeConfig {
  return {
    serviceHost: serviceHostOptionsFrom(
      environment,
      'catalog-api',
      [
        { collection: 'bridge_jobs', path: 'outbox' },
        { collection: 'bridge_parts', path: 'outbox' },
      ],
      { catalogueSide: 'scicat-bridge' },
    ),
    host: environment['HOST'] ?? '127.0.0.1',
    port: integer(environment, 'PORT', 3010, 0),
    storage: s3OptionsFrom(environment),
    ...bucketsFrom(environment),
    referencePatience: duration(environment, 'REFERENCE_PATIENCE', '10m'),
    scicat: {
      url: withoutSlash(required(environment, 'SCICAT_URL', 'https://scicat.example.org')),
      username: required(environment, 'SCICAT_USERNAME', 'catena'),
      password: required(environment, 'SCICAT_PASSWORD', 'a-password'),
      jobsApi: jobsApiFrom(environment),
      patience: duration(environment, 'SCICAT_PATIENCE', '30s'),
      maxBody: bytes(environment, 'SCICAT_MAX_BODY', '16MiB'),
    },
    jobRights: jobRightsFrom(environment),
    jobTypes: jobTypesFrom(environment),
    initialStatus: listFrom(environment['SCICAT_INITIAL_STATUS'] ?? 'jobSubmitted'),
    privilegedUsers: listFrom(environment['SCICAT_PRIVILEGED_USERS'] ?? 'admin,archiveManager,ingestor'),
    pollInterval: duration(environment, 'SCICAT_POLL_INTERVAL', '20s'),
    checkInterval: duration(environment, 'SCICAT_CHECK_INTERVAL', '60s'),
    feed: feedFrom(environment),
    ingestor: ingestorConfigFrom(environment),
    workers: integer(environment, 'BRIDGE_WORKERS', 8),
    lease: leaseFrom(environment),
    retryPause: {
      first: duration(environment, 'BRIDGE_RETRY_PAUSE', '2s'),
      most: duration(environment, 'BRIDGE_RETRY_PAUSE_MOST', '5m'),
    },
    jobRetention: duration(environment, 'BRIDGE_JOB_RETENTION', '90d'),
  };
}

/** Of control and landing zone: what lies in one without a record may be removed, and is everything to the other. */
function bucketsFrom(
  environment: Environment,
): Pick<ScicatBridgeConfig, 'controlBucket' | 'landingZoneBucket'> {
  const controlBucket = environment['CONTROL_BUCKET'] ?? 'catena-control';
  const landingZoneBucket = environment['LANDING_ZONE_BUCKET'] ?? 'landing-zone';
  if (controlBucket === landingZoneBucket)
    refuse(
      environment,
      `Expected CONTROL_BUCKET and LANDING_ZONE_BUCKET to be two buckets, found ${controlBucket} as both. Give each a bucket of its own.`,
    );
  return { controlBucket, landingZoneBucket };
}

function jobRightsFrom(environment: Environment): 'check' | 'scicat' {
  const text = environment['SCICAT_JOB_RIGHTS'] ?? 'check';
  if (text === 'check' || text === 'scicat') return text;
  refuse(environment, `Expected SCICAT_JOB_RIGHTS to be check or scicat, found ${JSON.stringify(text)}.`);
  return 'check';
}

/** A third of it passes between two heartbeats, and a call of SciCat must end within the rest. */
function leaseFrom(environment: Environment): number {
  const lease = duration(environment, 'BRIDGE_LEASE', '90s');
  const patience = duration(environment, 'SCICAT_PATIENCE', '30s');
  if (lease < 2 * patience)
    refuse(
      environment,
      `Expected BRIDGE_LEASE to be at least twice SCICAT_PATIENCE (${patience} ms), found ${lease} ms: a call of SciCat could outlast it.`,
    );
  return lease;
}

function jobsApiFrom(environment: Environment): 'v3' | 'v4' {
  const text = environment['SCICAT_JOBS_API'] ?? 'v4';
  if (text === 'v3' || text === 'v4') return text;
  refuse(environment, `Expected SCICAT_JOBS_API to be v4 or v3, found ${JSON.stringify(text)}.`);
  return 'v4';
}

/** `type:workflow`, with commas. */
function jobTypesFrom(environment: Environment): ReadonlyMap<string, Workflow> {
  const defaults = 'archive:archive,retrieve:retrieve,reset:reset';
  return attempted(
    environment,
    () => new Map(listFrom(environment['SCICAT_JOB_TYPES'] ?? defaults).map(jobTypeIn)),
    new Map<string, Workflow>(),
    'SCICAT_JOB_TYPES',
  );
}

function jobTypeIn(text: string): [string, Workflow] {
  const [type = '', workflow = '', ...more] = text.split(':').map((part) => part.trim());
  const known = workflows.find((one) => one === workflow && one !== 'none' && one !== 'migrate');
  if (type === '' || known === undefined || more.length > 0)
    throw new Error(
      `Expected job types as type:workflow with one of archive, retrieve, verify, reset and repair, found ${JSON.stringify(text)}.`,
    );
  return [type, known];
}

function feedFrom(environment: Environment): ScicatBridgeConfig['feed'] {
  const url = present(environment['SCICAT_FEED_URL']);
  if (url === undefined) return undefined;
  return {
    url,
    queue: environment['SCICAT_FEED_QUEUE'] ?? 'catena.jobs',
    exchange: environment['SCICAT_FEED_EXCHANGE'] ?? 'jobs.write',
    key: environment['SCICAT_FEED_KEY'] ?? 'catena',
  };
}
