import { Injectable } from '@nestjs/common';
import type { Workflow } from '#contracts';
import { Clock, TransientError } from '#kernel';
import { flagOf, isExclusive, lifecycleSteps } from '#scicat-words';
import { JobRefusal } from '../domain/errors.js';
import { Catalogue } from '../persistence/catalogue.js';
import { JobRecords } from '../persistence/job-records.js';
import type { DatasetRecord } from '../persistence/records.js';
import { PublicationDatasets } from '../published-data/publication-datasets.js';
import { nextVersion, versionOf } from '../records/dataset-version.js';
import { prefixed } from './dataset-lifecycles.js';

export type ClaimedDataset = Pick<DatasetRecord, 'pid' | 'datasetlifecycle'> &
  Partial<Pick<DatasetRecord, '__v'>>;

const maxAttempts = 20;

/** What a dataset says between the first and the last line of scheduling it. */
export const scheduled = {
  archive: {
    field: 'archiveStatusMessage',
    words: [lifecycleSteps.archiveScheduled.change.archiveStatusMessage],
  },
  reset: {
    field: 'archiveStatusMessage',
    words: [lifecycleSteps.resetScheduled.change.archiveStatusMessage],
  },
  retrieve: {
    field: 'retrieveStatusMessage',
    words: [lifecycleSteps.retrieveScheduled.change.retrieveStatusMessage],
  },
} as const;

/** Marks datasets that were claimed for a job that is being stored. */
@Injectable()
export class DatasetSchedule {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly jobs: JobRecords,
    private readonly publications: PublicationDatasets,
    private readonly clock: Clock,
  ) {}

  /** Why these datasets must not be reset: a publication names their datablocks to its readers. */
  async refusalToReset(pids: readonly string[]): Promise<JobRefusal | undefined> {
    const shown = await this.publications.firstShown(pids);
    return shown === undefined
      ? undefined
      : new JobRefusal(
          409,
          `Expected datasets that no publication shows, found ${shown.pid}, which ${shown.doi} shows: readers would not get its files any more. Withdraw the publication first.`,
          { pid: shown.pid, doi: shown.doi },
        );
  }

  /** The datasets as they are now, in the order of their ids. */
  current(pids: readonly string[]): Promise<ClaimedDataset[]> {
    return this.catalogue.datasetsOf(pids, ['datasetlifecycle', '__v']);
  }

  /**
   * Every mark raises the version of its dataset: neither the removal of a dataset nor a late report of an earlier hold
   * gets past it.
   *
   * @param known the datasets as they were claimed; where they say no more what they said then, they are looked at again
   * @returns false when a dataset does not allow the workflow any more, or is gone
   * @throws JobRefusal 503 when the job was given up meanwhile
   */
  mark(
    jobId: string,
    workflow: Exclude<Workflow, 'none'>,
    pids: readonly string[],
    known: readonly ClaimedDataset[],
  ): Promise<boolean> {
    return isExclusive(workflow)
      ? this.markExclusive(jobId, workflow, pids, known)
      : this.markShared(workflow, pids);
  }

  /** Several jobs may read one dataset at once: the flag decides, and the number of matches. */
  private async markShared(
    workflow: Exclude<Workflow, 'none' | 'archive' | 'reset'>,
    pids: readonly string[],
  ): Promise<boolean> {
    const { change } = lifecycleSteps.retrieveScheduled;
    const fit = { pid: { $in: [...pids] }, 'datasetlifecycle.retrievable': true };
    const { matchedCount } = await this.catalogue.datasets.updateMany(fit, {
      $inc: nextVersion,
      ...(workflow === 'retrieve' ? { $set: prefixed(change), $max: this.changedNow() } : {}),
    });
    return matchedCount === pids.length;
  }

  /** Written on the version on which the hold was found to stand: the request that gives the job up writes the datasets after. */
  private async markExclusive(
    jobId: string,
    workflow: 'archive' | 'reset',
    pids: readonly string[],
    known: readonly ClaimedDataset[],
  ): Promise<boolean> {
    const { change } = lifecycleSteps[workflow === 'archive' ? 'archiveScheduled' : 'resetScheduled'];
    const step = { $set: prefixed(change), $inc: nextVersion, $max: this.changedNow() };
    const [word] = scheduled[workflow].words;
    const flag = flagOf(workflow);
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const current = attempt === 0 ? known : await this.current(pids);
      // The hold is this job's alone: after the first attempt, what says so was marked by it.
      const open = current.filter(
        ({ datasetlifecycle: { archiveStatusMessage } }) => attempt === 0 || archiveStatusMessage !== word,
      );
      if (current.length !== pids.length) return false;
      if (flag !== undefined && open.some(({ datasetlifecycle }) => !datasetlifecycle[flag])) return false;
      if (!(await this.jobs.isStoring(jobId))) throw givenUp();
      if (open.length === 0) return true;
      if ((await this.writeOn(open, step, flag)) === open.length) return true;
    }
    throw new TransientError(
      'catalog.change-contended',
      `The datasets of job ${jobId} change too often at the moment: nothing was stored, post again.`,
    );
  }

  /**
   * One write for all datasets of the same version: there are few versions, and may be ten thousand datasets. Systems beside Catena
   * write flags without a version: the flag is asked for as well.
   */
  private async writeOn(
    datasets: readonly ClaimedDataset[],
    step: object,
    flag: ReturnType<typeof flagOf>,
  ): Promise<number> {
    const byVersion = new Map<number | undefined, string[]>();
    for (const { pid, __v } of datasets) {
      const pids = byVersion.get(__v) ?? [];
      pids.push(pid);
      byVersion.set(__v, pids);
    }
    let written = 0;
    for (const [__v, pids] of byVersion) {
      const condition = {
        ...{ pid: { $in: pids }, __v: versionOf(__v === undefined ? {} : { __v }) },
        ...(flag === undefined ? {} : { [`datasetlifecycle.${flag}`]: true }),
      };
      written += (await this.catalogue.datasets.updateMany(condition, step)).matchedCount;
    }
    return written;
  }

  /** Whoever holds datasets in memory finds by it what was changed. */
  private changedNow(): { updatedAt: Date } {
    return { updatedAt: this.clock.now() };
  }
}

/** Another process took the job for what a crash left, and let its datasets go. */
export function givenUp(): JobRefusal {
  return new JobRefusal(
    503,
    'Storing the job took longer than its datasets are held for it (ORPHAN_CLAIM_AGE). Nothing was stored. Post again.',
    {},
    1,
  );
}
