import assert from 'node:assert/strict';
import { DatasetClaims } from '../../../apps/catalog-api/src/claims/dataset-claims.js';
import { Catalogue } from '../../../apps/catalog-api/src/persistence/catalogue.js';
import type { DatasetRecord } from '../../../apps/catalog-api/src/persistence/records.js';
import { rawDataset } from './datasets.js';
import type { ScicatApp } from './scicat-app.js';

/** Milliseconds after which a job that was posted and never accepted is an orphan. */
export const orphanAge = 60_000;

export const holdingEnvironment = {
  JOB_CONFIGURATION_FILE: 'examples/job-configuration.yaml',
  ORPHAN_CLAIM_AGE: `${orphanAge}ms`,
};

/**
 * Datasets, and jobs that hold them, in any state.
 *
 * @param app asked at each call: tests are written down before it is started
 */
export function heldDatasets(app: () => ScicatApp) {
  const catalogue = (): Catalogue => app().get(Catalogue);
  const read = async (pid: string): Promise<DatasetRecord> => {
    const found = await catalogue().datasets.findOne({ pid });
    assert.ok(found !== null);
    return found;
  };
  return {
    read,
    dataset: async (): Promise<DatasetRecord> => {
      const { body } = await app().as('admin').post('/api/v3/datasets', rawDataset({}));
      return read(String(body['pid']));
    },
    /** A job that was posted this long ago and is being stored still. */
    storing: async (jobId: string, milliseconds = 0): Promise<void> => {
      await app()
        .collection('Job')
        .insertOne({
          _id: jobId,
          id: jobId,
          createdAt: new Date(Date.now() - milliseconds),
          catena: { storing: true, workflow: 'archive', finished: false, outbox: { rows: [] } },
        });
    },
    /** The sweep of another process, as much later as makes an orphan of everything that is not accepted. */
    sweepMuchLater: async (): Promise<void> => {
      const long = new Date(Date.now() - orphanAge - 1000);
      await catalogue().jobs.updateMany({ 'catena.storing': true }, { $set: { createdAt: long } });
      await catalogue().claims.updateMany({}, { $set: { at: long } });
      await app().get(DatasetClaims).releaseOrphans();
    },
    archive: (pid: string) =>
      app()
        .as('admin')
        .send('POST', '/api/v3/Jobs', { type: 'archive', jobParams: {}, datasetList: [{ pid, files: [] }] }),
    lifecycle: async (pid: string): Promise<unknown[]> => {
      const { archivable, retrievable, archiveStatusMessage } = (await read(pid)).datasetlifecycle;
      return [archivable, retrievable, archiveStatusMessage];
    },
  };
}
