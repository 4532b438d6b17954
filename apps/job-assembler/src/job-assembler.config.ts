import {
  bytes,
  configurationFrom,
  duration,
  integer,
  refuse,
  required,
  type Environment,
  withoutSlash,
} from '#kernel';
import { routesFrom, type Routes } from '#routes';
import { serviceHostOptionsFrom, type ServiceHostOptions } from '#service-host';
import { sourceFolderRulesFrom, type SourceFolderRules } from '#source-folders';
import { s3OptionsFrom, type S3ObjectStoreOptions } from '#storage';

/** Injection token of the validated configuration. */
export const ConfigToken = Symbol('JobAssemblerConfig');

/** Everything job-assembler reads from its environment. See docs/configuration.md. */
export interface JobAssemblerConfig {
  readonly serviceHost: ServiceHostOptions;
  readonly host: string;
  readonly port: number;
  readonly catalog: { readonly url: string; readonly username: string; readonly password: string };
  readonly store: S3ObjectStoreOptions;
  readonly controlBucket: string;
  readonly landingZoneBucket: string;
  /** Whether uploads from before 0.2 are looked for under the names of then, where no other dataset shares them. */
  readonly readsFormerNames: boolean;
  /** Which folders archivers may read for which dataset; datasets elsewhere are read in the landing zone. */
  readonly sourceFolders: SourceFolderRules;
  readonly split: { readonly targetBytes: number; readonly maxFiles: number };
  /** Of work that was planned before 0.6; what is planned now has its own number. */
  readonly copies: number;
  /** Milliseconds without a sign of life after which another process plans or releases. */
  readonly lease: number;
  /** Jobs at once, datasets of each at once, and milliseconds after which a job lets others have their turn. */
  readonly planning: { readonly jobs: number; readonly datasets: number; readonly turn: number };
  /** Milliseconds without a word of accepted work after which the archiver counts as silent. */
  readonly silence: number;
  /** Workers of outside targets: milliseconds without a word, of a try that went wrong before the next one; and how many may. */
  readonly outside: { readonly silence: number; readonly pause: number; readonly maxFaults: number };
  /** Milliseconds after which what a failed dataset has archived is discarded: until then a retry uses it. */
  readonly unregisteredLifetime: number;
  /** Milliseconds after which a finished job is forgotten. */
  readonly finishedJobLifetime: number;
  /** Where work goes: ROUTES_FILE, or one route without it. */
  readonly routes: Routes;
  /** Milliseconds after which waiting work counts as one level more urgent. */
  readonly priorityAging: number;
  readonly limits: { readonly global: number; readonly perGroup: number; readonly perTarget: number };
}

export function jobAssemblerConfigFrom(environment: Environment): JobAssemblerConfig {
  return configurationFrom(environment, read);
}

function read(environment: Environment): JobAssemblerConfig {
  const routes = routesFrom(environment);
  const host = serviceHostOptionsFrom(environment, 'job-assembler', [
    { collection: 'jobs', path: 'outbox' },
    { collection: 'dataset_tasks', path: 'outbox' },
    { collection: 'work_orders', path: 'outbox' },
  ]);
  return {
    serviceHost: { ...host, outsideTargets: routes.outside },
    host: environment['HOST'] ?? '127.0.0.1',
    port: integer(environment, 'PORT', 3001, 0),
    catalog: {
      url: withoutSlash(required(environment, 'CATALOG_URL', 'http://127.0.0.1:3000')),
      username: required(environment, 'CATALOG_USERNAME', 'jobAssembler'),
      password: required(environment, 'CATALOG_PASSWORD', 'a-secret'),
    },
    store: s3OptionsFrom(environment),
    controlBucket: environment['CONTROL_BUCKET'] ?? 'catena-control',
    landingZoneBucket: environment['LANDING_ZONE_BUCKET'] ?? 'landing-zone',
    readsFormerNames: environment['LANDING_ZONE_FORMER_NAMES'] === 'true',
    sourceFolders: sourceFolderRulesFrom(environment),
    split: {
      targetBytes: targetBytesFrom(environment, routes.outside),
      maxFiles: integer(environment, 'DATABLOCK_MOST_FILES', 20_000),
    },
    lease: duration(environment, 'ASSEMBLER_LEASE', '60s'),
    silence: duration(environment, 'ARCHIVER_SILENCE', '3m'),
    outside: {
      silence: duration(environment, 'WORKER_SILENCE', '15m'),
      pause: duration(environment, 'WORKER_PAUSE', '1m'),
      maxFaults: integer(environment, 'WORKER_MAX_FAULTS', 5),
    },
    unregisteredLifetime: duration(environment, 'UNREGISTERED_LIFETIME', '30d'),
    finishedJobLifetime: duration(environment, 'FINISHED_JOB_LIFETIME', '90d'),
    copies: integer(environment, 'LTS_COPIES', 1),
    planning: {
      jobs: integer(environment, 'PLANNING_JOBS', 4),
      datasets: integer(environment, 'PLANNING_DATASETS', 4),
      turn: duration(environment, 'PLANNING_TURN', '5s'),
    },
    routes,
    priorityAging: duration(environment, 'PRIORITY_AGING', '24h'),
    limits: {
      global: integer(environment, 'LIMIT_GLOBAL', 64),
      perGroup: integer(environment, 'LIMIT_PER_GROUP', 32),
      perTarget: integer(environment, 'LIMIT_PER_TARGET', 48),
    },
  };
}

/** What a worker of an outside target recalls it puts at a link in one piece, and object stores take so much in one piece only. */
function targetBytesFrom(environment: Environment, outside: readonly string[]): number {
  const targetBytes = bytes(environment, 'DATABLOCK_TARGET_SIZE', '200GiB');
  const maxUpload = bytes(environment, 'WORKER_MAX_UPLOAD', '5GiB');
  if (outside.length > 0 && targetBytes >= maxUpload)
    refuse(
      environment,
      `Expected datablocks that the workers of ${outside.join(', ')} can put at a link in one piece, found DATABLOCK_TARGET_SIZE of ${targetBytes} bytes and WORKER_MAX_UPLOAD of ${maxUpload}: a copy there could not be recalled. Set DATABLOCK_TARGET_SIZE lower, 4GiB for example, or, where the object store takes more than that in one PUT, WORKER_MAX_UPLOAD to what it takes.`,
    );
  return targetBytes;
}
