import type { CatalogAccount } from '#catalog-session';
import { signingKeyFrom, type SigningKey } from '#certificates';
import {
  bytes,
  configurationFrom,
  duration,
  integer,
  messageOf,
  refuse,
  required,
  type Environment,
  withoutSlash,
  listFrom,
} from '#kernel';
import { problemsOfTarget } from '#long-term-storage';
import { routesFileFrom, type TargetPlace } from '#routes';
import { serviceHostOptionsFrom, type ServiceHostOptions } from '#service-host';
import { sourceFolderRulesFrom, type SourceFolderRules } from '#source-folders';
import { s3OptionsFrom, type S3ObjectStoreOptions } from '#storage';

/** Injection token of the validated configuration. */
export const ConfigToken = Symbol('ArchiverConfig');
/** Injection token of the storages that the configuration names, in its order. */
export const SharesToken = Symbol('LongTermStorage[]');

/** Everything archiver reads from its environment. See docs/configuration.md. */
export interface ArchiverConfig {
  readonly serviceHost: ServiceHostOptions;
  readonly host: string;
  readonly port: number;
  readonly store: S3ObjectStoreOptions;
  readonly controlBucket: string;
  /** Milliseconds for which an object that Catena wrote may be missing before it counts as lost. */
  readonly referencePatience: number;
  readonly landingZoneBucket: string;
  readonly retrievalBucket: string;
  /** The account that asks the catalogue before anything is taken away. */
  readonly catalog: CatalogAccount;
  /** The targets of ROUTES_FILE that this archiver serves, in its order; undefined without the file. */
  readonly targets: readonly TargetPlace[] | undefined;
  /** Names of all targets of ROUTES_FILE, those of other archivers too. */
  readonly targetNames: readonly string[];
  /** Without ROUTES_FILE: roots of long-term storage, one for each copy, in order of preference for reading. */
  readonly shares: readonly string[];
  /** A file that must exist below each root: absent, the share is not mounted. */
  readonly shareMarker: string | undefined;
  /** Bytes that stay free on each share whose target does not say otherwise. */
  readonly reserve: number;
  /** Which folders may be read for which dataset. */
  readonly sourceFolders: SourceFolderRules;
  /** Milliseconds by which the time of a file in a source folder may differ from the registered one. */
  readonly sourceTimeTolerance: number;
  /** Milliseconds between setting a datablock aside and removing it. */
  readonly discardGrace: number;
  /** Milliseconds before originals are released: as long as a link lives with which a client may still overwrite them. */
  readonly releaseGrace: number;
  /** Milliseconds without an answer of the file system after which all work goes to other workers. */
  readonly threadLimit: number;
  /** Milliseconds without headway after which a work order goes to another worker; longer than any tape takes. */
  readonly stallLimit: number;
  /** Milliseconds after which an ended work order is forgotten. */
  readonly endedWorkLifetime: number;
  /** Work orders at once in this process. */
  readonly workers: number;
  /** Milliseconds without a heartbeat after which another worker takes over. */
  readonly lease: number;
  /** Tries of a work order that fails for reasons that may pass. */
  readonly maxAttempts: number;
  /** Milliseconds between tries, at first and at most. */
  readonly retryPause: { readonly first: number; readonly most: number };
  /** Milliseconds a retrieved copy and its link live; links cannot live longer than 7 days. */
  readonly retrievedLifetime: number;
  /** Milliseconds for which one job can have a copy kept, however often it asks. */
  readonly retrievedLifetimeMost: number;
  /** Bytes in the retrieval bucket at once; undefined: as many as there are. */
  readonly retrievalSpace: number | undefined;
  /** Bytes of them that jobs of one group can have kept; undefined: all. */
  readonly retrievalQuota: number | undefined;
  /** How old copies are read again on targets that do not say otherwise. */
  readonly scrub: ScrubSettings;
  readonly certificates: {
    /** What signs certificates; absent: none are issued. */
    readonly key: SigningKey | undefined;
    /** The name of the installation in them. */
    readonly issuer: string;
  };
}

/** How much reading of old copies is wanted, and may be. */
export interface ScrubSettings {
  /** Milliseconds within which every copy is to be read once. */
  readonly within: number;
  /** Most bytes for each target. 0: none are read. */
  readonly bytesPerDay: number;
  /** Most time for each target. 0: none are read. */
  readonly hoursPerDay: number;
  /** Milliseconds between a reading that found something wrong and the second one, which counts. */
  readonly secondLook: number;
}

const week = 7 * 86_400_000;

export function archiverConfigFrom(environment: Environment): ArchiverConfig {
  return configurationFrom(environment, read);
}

function read(environment: Environment): ArchiverConfig {
  const retrievedLifetime = duration(environment, 'RETRIEVED_LIFETIME', '7d');
  if (retrievedLifetime > week)
    refuse(environment, 'Expected RETRIEVED_LIFETIME of at most 7d: signed links cannot live longer.');
  const serviceHost = serviceHostOptionsFrom(environment, 'archiver', [
    { collection: 'works', path: 'outbox' },
    { collection: 'certificate_keys', path: 'outbox' },
  ]);
  // Limits are job-assembler's business.
  const places = routesFileFrom(environment, { limit: 1, check: problemsOfTarget })?.places;
  const targets = targetsFrom(environment, places);
  if (targets !== undefined && (environment['LTS_MARKER'] ?? '') !== '')
    refuse(
      environment,
      'LTS_MARKER is for the roots of LTS_ROOTS, found it beside ROUTES_FILE: write `marker` below the options of each share there, and remove LTS_MARKER.',
    );
  return {
    serviceHost,
    host: environment['HOST'] ?? '127.0.0.1',
    port: integer(environment, 'PORT', 3002, 0),
    store: {
      ...s3OptionsFrom(environment),
      ...(environment['S3_PUBLIC_ENDPOINT'] ? { publicEndpoint: environment['S3_PUBLIC_ENDPOINT'] } : {}),
    },
    ...bucketsFrom(environment),
    referencePatience: duration(environment, 'REFERENCE_PATIENCE', '10m'),
    catalog: {
      url: withoutSlash(required(environment, 'CATALOG_URL', 'http://127.0.0.1:3000')),
      username: required(environment, 'CATALOG_USERNAME', 'archiver'),
      password: required(environment, 'CATALOG_PASSWORD', 'a-secret'),
    },
    targets,
    targetNames: places?.map(({ name }) => name) ?? [],
    shares: targets === undefined ? rootsFrom(required(environment, 'LTS_ROOTS', '/mnt/tape')) : [],
    shareMarker: environment['LTS_MARKER'],
    reserve: bytes(environment, 'LTS_RESERVE', '1GiB'),
    sourceFolders: sourceFolderRulesFrom(environment),
    sourceTimeTolerance: duration(environment, 'SOURCE_TIME_TOLERANCE', '1s'),
    discardGrace: duration(environment, 'DISCARD_GRACE', '7d'),
    releaseGrace: duration(environment, 'RELEASE_GRACE', '1h'),
    threadLimit: threadLimitFrom(environment, serviceHost.livenessLimit),
    stallLimit: duration(environment, 'ARCHIVER_STALL_LIMIT', '6h'),
    endedWorkLifetime: duration(environment, 'ENDED_WORK_LIFETIME', '90d'),
    workers: integer(environment, 'ARCHIVER_WORKERS', 2),
    lease: duration(environment, 'ARCHIVER_LEASE', '60s'),
    maxAttempts: integer(environment, 'ARCHIVER_MOST_ATTEMPTS', 8),
    retryPause: {
      first: duration(environment, 'ARCHIVER_RETRY_PAUSE', '5s'),
      most: duration(environment, 'ARCHIVER_RETRY_PAUSE_MOST', '10m'),
    },
    retrievedLifetime,
    retrievedLifetimeMost: lifetimeMostFrom(environment, retrievedLifetime),
    retrievalSpace: limitFrom(environment, environment['RETRIEVAL_SPACE'], 'RETRIEVAL_SPACE'),
    retrievalQuota: limitFrom(environment, environment['RETRIEVAL_QUOTA'], 'RETRIEVAL_QUOTA'),
    scrub: {
      within: scrubWithinFrom(environment),
      bytesPerDay: bytes(environment, 'SCRUB_BYTES_PER_DAY', '1TiB'),
      hoursPerDay: scrubHoursFrom(environment),
      secondLook: duration(environment, 'SCRUB_SECOND_LOOK', '1m'),
    },
    certificates: {
      key: certificateKeyFrom(environment),
      issuer: environment['CERTIFICATE_ISSUER'] || 'Catena',
    },
  };
}

/** One for each use: what lies in one without a record may be removed, and is everything to another. */
function bucketsFrom(
  environment: Environment,
): Pick<ArchiverConfig, 'controlBucket' | 'landingZoneBucket' | 'retrievalBucket'> {
  const names = {
    CONTROL_BUCKET: environment['CONTROL_BUCKET'] ?? 'catena-control',
    LANDING_ZONE_BUCKET: environment['LANDING_ZONE_BUCKET'] ?? 'landing-zone',
    RETRIEVAL_BUCKET: environment['RETRIEVAL_BUCKET'] ?? 'retrieval',
  };
  if (new Set(Object.values(names)).size < 3)
    refuse(
      environment,
      `Expected three different buckets, found ${Object.entries(names)
        .map(([setting, name]) => `${setting}=${name}`)
        .join(', ')}. Give each a bucket of its own.`,
    );
  return {
    controlBucket: names.CONTROL_BUCKET,
    landingZoneBucket: names.LANDING_ZONE_BUCKET,
    retrievalBucket: names.RETRIEVAL_BUCKET,
  };
}

function lifetimeMostFrom(environment: Environment, lifetime: number): number {
  const most = duration(environment, 'RETRIEVED_LIFETIME_MOST', '28d');
  if (most < lifetime)
    refuse(
      environment,
      `Expected RETRIEVED_LIFETIME_MOST of at least RETRIEVED_LIFETIME (${lifetime} ms), found ${most} ms.`,
    );
  return most;
}

/** Without the setting there is no limit; none of 0 bytes, with which nothing could ever be retrieved. */
function limitFrom(environment: Environment, text: string | undefined, name: string): number | undefined {
  if ((text ?? '') === '') return undefined;
  const found = bytes(environment, name, '1TiB');
  if (found > 0) return found;
  refuse(environment, `Expected ${name} of at least 1 byte, found 0: leave it empty for no limit.`);
  return undefined;
}

function scrubWithinFrom(environment: Environment): number {
  const within = duration(environment, 'SCRUB_WITHIN', '180d');
  if (within < 86_400_000)
    refuse(
      environment,
      `Expected SCRUB_WITHIN of at least 1d, found ${within} ms: write days, such as 180d.`,
    );
  return within;
}

function scrubHoursFrom(environment: Environment): number {
  const hours = integer(environment, 'SCRUB_HOURS_PER_DAY', 4, 0);
  if (hours > 24) refuse(environment, `Expected SCRUB_HOURS_PER_DAY of at most 24, found ${hours}.`);
  return hours;
}

function certificateKeyFrom(environment: Environment): SigningKey | undefined {
  const pem = environment['CERTIFICATE_KEY'] ?? '';
  if (pem === '') return undefined;
  try {
    return signingKeyFrom(pem);
  } catch (error) {
    refuse(environment, `CERTIFICATE_KEY_FILE: ${messageOf(error)}`);
    return undefined;
  }
}

function rootsFrom(text: string): string[] {
  return listFrom(text).map((item) => item.replace(/(.)\/+$/, '$1'));
}

/** Those of ROUTES_FILE that ARCHIVER_TARGETS names, or all that others do not operate. */
function targetsFrom(
  environment: Environment,
  places: readonly TargetPlace[] | undefined,
): readonly TargetPlace[] | undefined {
  const wanted = listFrom(environment['ARCHIVER_TARGETS']);
  const served = places?.filter(({ kind }) => kind !== 'outside');
  if (served === undefined || served.length === 0 || wanted.length === 0) return served;
  const names = served.map(({ name }) => name);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    refuse(
      environment,
      `Expected in ARCHIVER_TARGETS targets of ROUTES_FILE that archivers reach (${names.join(', ')}), found ${unknown.join(', ')}. Correct the names, or add the targets to the file.`,
    );
  return served.filter(({ name }) => wanted.includes(name));
}

/** Work is given back before liveness has the process ended. */
function threadLimitFrom(environment: Environment, liveness: number): number {
  const limit = duration(environment, 'ARCHIVER_THREAD_LIMIT', '2m');
  if (limit * 2 > liveness)
    refuse(
      environment,
      `Expected ARCHIVER_THREAD_LIMIT of at most half of LIVENESS_LIMIT (${liveness} ms), found ${limit} ms: work could not be given back in time.`,
    );
  return limit;
}
