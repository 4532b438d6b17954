import { bytesFrom, durationFrom, integer, PermanentError, required, type Environment } from '#kernel';
import { spineOptionsFrom, type SpineOptions } from '#outbox';
import { s3OptionsFrom, type S3ObjectStoreOptions } from '#storage';

/** Everything archiver reads from its environment. See docs/configuration.md. */
export interface ArchiverConfig {
  readonly spine: SpineOptions;
  readonly host: string;
  readonly port: number;
  readonly store: S3ObjectStoreOptions;
  readonly controlBucket: string;
  readonly retrievalBucket: string;
  /** Roots of long-term storage, one for each copy, in order of preference for reading. */
  readonly shares: readonly string[];
  /** A file that must exist below each root: absent, the share is not mounted. */
  readonly shareMarker: string | undefined;
  /** Bytes that stay free on each share. */
  readonly reserve: number;
  /** Folders datasets may be read from directly. */
  readonly sourceFolderRoots: readonly string[];
  /** Work orders at once in this process. */
  readonly workers: number;
  /** Milliseconds without a heartbeat after which another worker takes over. */
  readonly lease: number;
  /** Tries of a work order that fails for reasons that may pass. */
  readonly mostAttempts: number;
  /** Milliseconds between tries, at first and at most. */
  readonly retryPause: { readonly first: number; readonly most: number };
  /** Milliseconds a retrieved copy and its link live; links cannot live longer than 7 days. */
  readonly retrievedLifetime: number;
}

const week = 7 * 86_400_000;

export function archiverConfigFrom(environment: Environment): ArchiverConfig {
  const retrievedLifetime = durationFrom(environment['RETRIEVED_LIFETIME'] ?? '7d');
  if (retrievedLifetime > week)
    throw new PermanentError(
      'kernel.configuration',
      'Expected RETRIEVED_LIFETIME of at most 7d: signed links cannot live longer.',
    );
  return {
    spine: spineOptionsFrom(environment, 'archiver', [{ collection: 'works', path: 'outbox' }]),
    host: environment['HOST'] ?? '127.0.0.1',
    port: integer(environment, 'PORT', 3002, 0),
    store: {
      ...s3OptionsFrom(environment),
      ...(environment['S3_PUBLIC_ENDPOINT'] ? { publicEndpoint: environment['S3_PUBLIC_ENDPOINT'] } : {}),
    },
    controlBucket: environment['CONTROL_BUCKET'] ?? 'catena-control',
    retrievalBucket: environment['RETRIEVAL_BUCKET'] ?? 'retrieval',
    shares: listOf(required(environment, 'LTS_ROOTS', '/mnt/tape')),
    shareMarker: environment['LTS_MARKER'],
    reserve: bytesFrom(environment['LTS_RESERVE'] ?? '1GiB'),
    sourceFolderRoots: listOf(environment['SOURCE_FOLDER_ROOTS'] ?? ''),
    workers: integer(environment, 'ARCHIVER_WORKERS', 2),
    lease: durationFrom(environment['ARCHIVER_LEASE'] ?? '60s'),
    mostAttempts: integer(environment, 'ARCHIVER_MOST_ATTEMPTS', 8),
    retryPause: {
      first: durationFrom(environment['ARCHIVER_RETRY_PAUSE'] ?? '5s'),
      most: durationFrom(environment['ARCHIVER_RETRY_PAUSE_MOST'] ?? '10m'),
    },
    retrievedLifetime,
  };
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim().replace(/(.)\/+$/, '$1'))
    .filter((item) => item !== '');
}
