import { Inject, Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import { isToldInMessage, jobSubmittedV1, type DatasetListLine, type JobSubmittedV1 } from '#contracts';
import { messageOf, stillMoving, TransientError, wait } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import type { OutboxRow } from '#outbox';
import { rowsWithIds } from '#persistence';
import { Catalogue } from '../persistence/catalogue.js';
import type { JobRecord } from '../persistence/records.js';
import type { JobDataset } from './job-datasets.js';

const interval = 600_000;
/** Milliseconds for which a post waits for object storage: job-assembler can do without the list. */
const patience = 3000;
/** Lists under way at once: a store that hangs must leave connections for manifests, results and uploads. */
const maxWrites = 32;
const folder = 'job-lists/';
const ending = '.ndjson';

/** What the message says of the datasets. */
type Told = Pick<JobSubmittedV1, 'datasetList'> | { readonly datasets: readonly DatasetListLine[] };

/**
 * The lists of datasets that job-assembler plans from: short ones in the message about the job, others in the control bucket:
 * `job-lists/<job id>.ndjson`, from before the job is accepted until it is over. The document of the job is there before its list, and
 * is never written again once it is gone: a list without one is needed by nobody, whatever its age.
 */
@Injectable()
export class JobDatasetLists extends HostedLoop {
  private writes = 0;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly claimChecks: ClaimChecks,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      name: 'sweep of dataset lists of jobs',
      pause: interval,
      logger,
      fault: 'could not remove dataset lists of jobs',
      restsFirst: true,
    });
  }

  /**
   * Writes the list, or where it lies, into the message about the job. Object storage that is away refuses no job: the message
   * goes without, and job-assembler asks. Never rejects.
   */
  async toldIn(
    rows: readonly OutboxRow[],
    job: JobRecord,
    datasets: readonly JobDataset[],
  ): Promise<readonly OutboxRow[]> {
    const lines = linesOf(job, datasets);
    const told = isToldInMessage(lines) ? { datasets: lines } : await this.keep(job._id, lines);
    return told === undefined ? rows : rows.map((row) => telling(row, told));
  }

  /** The list of a job that was given up, where one was written; the sweep finds what this leaves. Never rejects. */
  async forget(jobId: string, rows: readonly OutboxRow[]): Promise<void> {
    if (rows.some((row) => isAbout(row) && 'datasets' in row.envelope.data)) return;
    await this.claimChecks.remove([keyOf(jobId)]).catch(() => undefined);
  }

  /** Removes the lists of jobs that are over, or were never accepted. */
  async round(): Promise<void> {
    for await (const keys of this.claimChecks.keysBelow(folder)) {
      stillMoving();
      if (this.stopping.aborted) return;
      const needed = await this.neededOf(keys.map(jobIdOf));
      stillMoving();
      await this.claimChecks.remove(keys.filter((key) => !needed.has(jobIdOf(key))));
      stillMoving();
    }
  }

  private async keep(jobId: string, lines: readonly DatasetListLine[]): Promise<Told | undefined> {
    const isOver = new AbortController();
    try {
      if (this.writes >= maxWrites)
        throw new TransientError('catalog.lists-waiting', `${this.writes} lists wait for object storage`);
      this.writes += 1;
      const written = this.claimChecks.keepLines(keyOf(jobId), lines);
      const done = (): void => void (this.writes -= 1);
      // One that comes too late is of no use, nor is its failure.
      void written.then(done, done);
      const datasetList = await Promise.race([written, wait(patience, isOver.signal).then(() => undefined)]);
      return datasetList === undefined ? undefined : { datasetList };
    } catch (error) {
      const about = { jobId, error: messageOf(error) };
      this.logger.warn(about, 'could not write the dataset list of a job: job-assembler will ask for it');
      return undefined;
    } finally {
      isOver.abort();
    }
  }

  private async neededOf(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const jobs = await rowsWithIds<Pick<JobRecord, '_id' | 'catena'>>(this.catalogue.jobs, ids, {
      projection: { 'catena.finished': 1 },
    });
    return new Set(jobs.filter(({ catena }) => catena?.finished !== true).map(({ _id }) => _id));
  }
}

/** In the order in which the job names them: job-assembler counts on it when it goes on planning. */
function linesOf({ jobParams }: JobRecord, datasets: readonly JobDataset[]): DatasetListLine[] {
  const known = new Map(datasets.map((dataset) => [dataset.pid, dataset]));
  return (jobParams['datasetList'] as DatasetListLine[]).map(({ pid, files }) => {
    const dataset = known.get(pid);
    const { size = undefined, packedSize = undefined } =
      dataset?.namedBytes === undefined
        ? (dataset ?? {})
        : { size: dataset.namedBytes, packedSize: dataset.namedBytes };
    return { pid, files, ...(isCount(size) ? { size } : {}), ...(isCount(packedSize) ? { packedSize } : {}) };
  });
}

/** Records of former catalogues may say anything. */
function isCount(bytes: unknown): bytes is number {
  return Number.isSafeInteger(bytes) && Number(bytes) >= 0;
}

function telling(row: OutboxRow, told: Told): OutboxRow {
  if (!isAbout(row)) return row;
  const { envelope } = row;
  return { ...row, envelope: { ...envelope, data: { ...envelope.data, ...told } } };
}

/** Whether it is the message about the job, whatever other messages go with it. */
function isAbout(row: OutboxRow): row is OutboxRow & Required<Pick<OutboxRow, 'envelope'>> {
  return row.envelope?.type === jobSubmittedV1.type;
}

function keyOf(jobId: string): string {
  return `${folder}${jobId}${ending}`;
}

function jobIdOf(key: string): string {
  return key.slice(folder.length, -ending.length);
}
