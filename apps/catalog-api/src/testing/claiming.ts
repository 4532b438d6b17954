import { ManualClock } from '#kernel';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { DatasetClaims } from '../claims/dataset-claims.js';
import { DatasetLifecycles } from '../claims/dataset-lifecycles.js';
import { DatasetSchedule } from '../claims/dataset-schedule.js';
import { FileListFence } from '../claims/file-list-fence.js';
import type { Catalogue } from '../persistence/catalogue.js';
import { DatasetClaimRecords } from '../persistence/dataset-claim-records.js';
import { JobRecords } from '../persistence/job-records.js';
import type { PublicationDatasets } from '../published-data/publication-datasets.js';
import { memoryCatalogue } from './memory-catalogue.js';
import { silentRelay, start } from './samples.js';

/** Milliseconds after which a claim without a job is an orphan. */
export const orphanAge = 1000;

export interface Claiming {
  readonly catalogue: Catalogue;
  readonly clock: ManualClock;
  readonly jobs: JobRecords;
  readonly records: DatasetClaimRecords;
  readonly fence: FileListFence;
  readonly claims: DatasetClaims;
}

/** The use cases of claims on a catalogue in memory. @param shown what a publication shows of some datasets */
export function memoryClaiming(
  shown: () => { pid: string; doi: string } | undefined = () => undefined,
): Claiming {
  const catalogue = memoryCatalogue();
  const clock = new ManualClock(start);
  const jobs = new JobRecords(catalogue, silentRelay);
  const records = new DatasetClaimRecords(catalogue, silentRelay);
  const publications = { firstShown: () => Promise.resolve(shown()) } as unknown as PublicationDatasets;
  const schedule = new DatasetSchedule(catalogue, jobs, publications, clock);
  const config = { orphanClaimAge: orphanAge } as CatalogApiConfig;
  const fence = new FileListFence(catalogue, records, clock, config);
  const lifecycles = new DatasetLifecycles(catalogue, clock);
  const claims = new DatasetClaims(records, jobs, lifecycles, schedule, fence, clock, config);
  return { catalogue, clock, jobs, records, fence, claims };
}
