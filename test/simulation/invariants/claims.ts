import type { Invariant } from './invariant.js';
import { Records } from './records.js';

/** Jobs that change a dataset have it to themselves. */
const changes = new Set(['archive', 'reset']);

/** No two jobs change one dataset at the same time, and what is over holds nothing. */
export const oneHolder: Invariant = {
  name: 'one job changes a dataset at a time',
  watch({ installation }, report) {
    /** Claims that were seen to end: their records go when the job is over. */
    const over = new Set<string>();
    installation.databases['catalog-api'].afterWrites.push(({ collection }) => {
      if (collection !== 'Job' && collection !== 'catena_dataset_claims') return;
      const records = new Records(installation);
      for (const { _id, ended } of records.claims) if (ended === true) over.add(_id);
      const finished = new Set(
        records.assemblyJobs.filter(({ state }) => state === 'finished').map(({ _id }) => _id),
      );
      const holders = new Map<string, string>();
      for (const { _id, type, ...job } of records.unfinishedJobs) {
        if (!changes.has(type) || finished.has(_id)) continue;
        for (const pid of records.pidsOf(job)) {
          if (over.has(`${_id}:${pid}`)) continue;
          const other = holders.get(pid);
          if (other !== undefined) report(`Expected one job to work on ${pid}, found ${other} and ${_id}.`);
          holders.set(pid, _id);
        }
      }
    });
  },
  judge({ installation }, report) {
    const records = new Records(installation);
    for (const { _id, jobId, ended, exclusive } of records.claims) {
      const job = records.jobs.find((one) => one._id === jobId);
      if (ended !== true)
        report(`Expected no open claim, found ${_id} of job ${jobId} (${job?.statusCode ?? 'gone'}).`);
      else if (exclusive !== undefined)
        report(`Expected the ended claim ${_id} to hold nothing, found ${exclusive}.`);
    }
  },
};

/** What a dataset says of itself is what is there. */
export const flagsAreTrue: Invariant = {
  name: 'what a dataset says is true',
  judge({ installation }, report) {
    const { datasets, datablocks } = new Records(installation);
    for (const { pid, datasetlifecycle, numberOfFilesArchived, packedSize } of datasets) {
      const mine = datablocks.filter(({ datasetId }) => datasetId === pid);
      const { archivable, retrievable, archiveStatusMessage } = datasetlifecycle;
      const found = `archivable ${archivable}, retrievable ${retrievable}, "${archiveStatusMessage}"`;
      const isArchived = mine.length > 0;
      if (archivable === isArchived || retrievable !== isArchived)
        report(`Expected dataset ${pid} with ${mine.length} datablocks to say so, found ${found}.`);
      if (/^(scheduled|started)/i.test(archiveStatusMessage))
        report(`Expected nothing under way on dataset ${pid}, found ${found}.`);
      const files = mine.reduce((sum, { dataFileList }) => sum + dataFileList.length, 0);
      const packed = mine.reduce((sum, block) => sum + block.packedSize, 0);
      if (numberOfFilesArchived !== files || packedSize !== packed)
        report(
          `Expected dataset ${pid} to count ${files} archived files and ${packed} bytes, found ${numberOfFilesArchived} and ${packedSize}.`,
        );
    }
  },
};
