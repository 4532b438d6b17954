import { archiverConfigFrom } from '../../../apps/archiver/src/archiver.config.js';
import { ArchiverModule } from '../../../apps/archiver/src/archiver.module.js';
import { catalogApiConfigFrom } from '../../../apps/catalog-api/src/catalog-api.config.js';
import { CatalogApiModule } from '../../../apps/catalog-api/src/catalog-api.module.js';
import type { JobConfiguration } from '../../../apps/catalog-api/src/domain/job-configuration.js';
import { parseJobConfiguration } from '../../../apps/catalog-api/src/domain/job-configuration.js';
import { jobAssemblerConfigFrom } from '../../../apps/job-assembler/src/job-assembler.config.js';
import { JobAssemblerModule } from '../../../apps/job-assembler/src/job-assembler.module.js';

/** The roots of the two storages; each dataset has a copy on both. */
export const roots = ['/tape-a', '/tape-b'] as const;
export const landingZone = 'landing-zone';
export const retrievalBucket = 'retrieval';
export const controlBucket = 'catena-control';

/** Addresses lead nowhere: the twins stand in the place of what they name. */
const everywhere = {
  MONGODB_URI: 'mongodb://simulated/database',
  RABBITMQ_URL: 'amqp://simulated',
  S3_ENDPOINT: 'http://simulated',
  S3_ACCESS_KEY: 'simulated',
  S3_SECRET_KEY: 'simulated',
  LANDING_ZONE_BUCKET: landingZone,
  RETRIEVAL_BUCKET: retrievalBucket,
  CONTROL_BUCKET: controlBucket,
  // Times are much shorter than usual, in like proportions: a story waits for them again and again.
  CATENA_RETRY_TIERS: '1s,2s,5s,10s,30s',
  CATENA_ACCEPT_TIMEOUT: '8s',
  CATENA_OUTBOX_LEASE: '3s',
  REFERENCE_PATIENCE: '1m',
};

const account = { CATALOG_URL: 'http://simulated', CATALOG_USERNAME: 'app', CATALOG_PASSWORD: 'app' };

/** Job types whose jobs come up in stories. */
const jobTypes = ['archive', 'retrieve', 'reset'].map((jobType) => ({
  jobType,
  create: { auth: '#datasetOwner', actions: [{ actionType: 'catena', workflow: jobType }] },
  update: { auth: '#jobOwnerGroup', actions: [] },
}));

const jobConfiguration: JobConfiguration = parseJobConfiguration(
  { configVersion: 'simulation', jobs: jobTypes },
  'the simulation',
);

const catalogApi = catalogApiConfigFrom({
  ...everywhere,
  BROKER_ACCOUNTS: 'shared',
  JWT_SECRET: 'a-secret-of-forty-characters-that-signs-nothing',
  ORPHAN_CLAIM_AGE: '5s',
});
const jobAssembler = jobAssemblerConfigFrom({
  ...everywhere,
  ...account,
  BROKER_ACCOUNTS: 'shared',
  LTS_COPIES: '2',
  ASSEMBLER_LEASE: '5s',
  ARCHIVER_SILENCE: '10s',
  UNREGISTERED_LIFETIME: '4s',
  // Four files make two datablocks.
  DATABLOCK_MOST_FILES: '2',
  PLANNING_JOBS: '1',
  PLANNING_DATASETS: '2',
  LIMIT_GLOBAL: '4',
  LIMIT_PER_GROUP: '3',
  LIMIT_PER_TARGET: '3',
});
const archiver = archiverConfigFrom({
  ...everywhere,
  ...account,
  BROKER_ACCOUNTS: 'shared',
  LTS_ROOTS: roots.join(),
  ARCHIVER_LEASE: '5s',
  ARCHIVER_RETRY_PAUSE: '1s',
  ARCHIVER_RETRY_PAUSE_MOST: '5s',
  ARCHIVER_WORKERS: '1',
  RELEASE_GRACE: '3s',
  DISCARD_GRACE: '5s',
});

/** The three apps that stories are about, by their names. */
export const modules = {
  'catalog-api': () => CatalogApiModule.forRoot(catalogApi, jobConfiguration),
  'job-assembler': () => JobAssemblerModule.forRoot(jobAssembler),
  archiver: () => ArchiverModule.forRoot(archiver),
} as const;

export const limits = jobAssembler.limits;

export type SimulatedApp = keyof typeof modules;
