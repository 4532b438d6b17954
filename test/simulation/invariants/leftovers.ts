import { landingZone } from '../apps/settings.js';
import { pidAsName } from '#kernel';
import type { Invariant } from './invariant.js';
import { Records } from './records.js';

/** What a cancelled job had archived before its end was asked for stays archived; its other datasets are as they were. */
export const cancelledIsUndone: Invariant = {
  name: 'a cancelled job leaves datasets done or untouched',
  judge({ installation, story }, report) {
    const records = new Records(installation);
    for (const job of records.jobs) {
      if (job.statusCode !== 'jobCancel' || job.type !== 'archive') continue;
      const pids = records.pidsOf(job);
      const done = pids.filter((pid) =>
        records.datablocks.some(
          ({ archiveId, datasetId }) => datasetId === pid && archiveId.includes(job._id),
        ),
      );
      if (done.length === pids.length)
        report(
          `Expected job ${job._id}, which has archived all of ${pids.join(', ')}, to succeed, found it cancelled.`,
        );
      for (const pid of pids) {
        // It may have been archived by this job and reset by another one, since: then its bytes are set aside.
        if (
          story.steps.some((step) => step.does === 'post' && step.type === 'reset' && step.pids.includes(pid))
        )
          continue;
        if (records.datablocks.some(({ datasetId }) => datasetId === pid)) continue;
        for (const { path } of story.datasets.find((dataset) => dataset.pid === pid)!.files)
          if (installation.objects.contentOf(landingZone, `${pidAsName(pid)}/${path}`) === undefined)
            report(`Expected the original ${path} of ${pid}, whose job was cancelled, found none.`);
      }
    }
  },
};

/** Whatever lies on a storage is known: a datablock that the catalogue lists, or a file set aside that has its time. */
export const nothingIsLeftBehind: Invariant = {
  name: 'nothing is left on storage that nobody knows',
  judge({ installation }, report) {
    const records = new Records(installation);
    const { stored, datablocks, works, orders } = records;
    const listed = new Set(datablocks.map(({ archiveId }) => archiveId));
    for (const share of installation.shares) {
      for (const name of share.unfinished)
        report(`Expected no unfinished file on ${share.name}, found ${name}.`);
      for (const name of share.contents.keys()) {
        if (records.isKeptForRetry(name)) continue;
        const record = stored.find(({ _id }) => _id === name);
        if (record === undefined) report(`Expected a record of ${name} on ${share.name}, found none.`);
        else if (record.state !== 'verified')
          report(`Expected ${name} on ${share.name} to be verified, found its record ${record.state}.`);
        else if (!listed.has(name))
          report(`Expected ${name} on ${share.name} in the catalogue, found it unlisted.`);
      }
    }
    for (const { _id, state } of works)
      if (state === 'open') report(`Expected order ${_id} to be over, found it open.`);
    for (const { _id, state } of orders)
      if (!['done', 'failed', 'cancelled'].includes(state))
        report(`Expected order ${_id} to be over in the assembler, found it ${state}.`);
  },
};
