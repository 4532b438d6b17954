import { Inject, Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import { maxDatasetsOfJob, type DatasetListLine } from '#contracts';
import { CatenaError, messageOf, PermanentError, TransientError } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import type { AssemblyJob, ToldDatasets } from '../aggregates/records.js';
import { CatalogClient } from '../catalog/catalog-client.js';

/** Bytes of the largest list: a document of MongoDB has 16 MiB, and no character of it becomes more than six in JSON. */
const maxListBytes = 6 * 16 * 1024 * 1024;

/** Why a list cannot be had for as long as nobody changes rights or configuration; the catalogue may answer all the same. */
const outOfReach = new Set(['storage.reference-lost', 'storage.access-denied', 'storage.bucket-not-found']);

type ToldJob = Pick<AssemblyJob, '_id' | 'datasetList'>;

/**
 * The datasets of a job. catalog-api has told them in its message or beside it; the catalogue is asked only where it has not, or where
 * what it wrote is gone or out of reach.
 */
@Injectable()
export class JobDatasets {
  constructor(
    private readonly claimChecks: ClaimChecks,
    private readonly catalog: CatalogClient,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws PermanentError `assembly.dataset-list-refused`, TransientError `assembly.job-unreadable` */
  async of(job: ToldJob): Promise<readonly DatasetListLine[]> {
    return (await this.told(job)) ?? (await this.asked(job._id));
  }

  private async asked(jobId: string): Promise<readonly DatasetListLine[]> {
    try {
      return (await this.catalog.job(jobId)).jobParams.datasetList ?? [];
    } catch (error) {
      if (error instanceof CatenaError && error.details?.['status'] === 403)
        throw new TransientError(
          'assembly.job-unreadable',
          `The message about job ${jobId} names no list of datasets that can be read, and the account of job-assembler may not read the job: give it the right to read all jobs, or mend the control bucket for later ones. The job waits. ${error.message}`,
        );
      throw error;
    }
  }

  /** Undefined where nothing was told, or the list is gone or out of reach. */
  private async told({ _id, datasetList }: ToldJob): Promise<readonly DatasetListLine[] | undefined> {
    if (datasetList === undefined) return undefined;
    const { count } = datasetList;
    const lines = 'lines' in datasetList ? datasetList.lines : await this.read(_id, datasetList);
    if (lines === undefined) return undefined;
    if (lines.length !== count)
      throw refused(_id, `${count} datasets, as the message says`, `${lines.length}`);
    const wrong = lines.findIndex((line) => !isLine(line));
    if (wrong >= 0) throw refused(_id, 'a pid and files in each line', `something else in line ${wrong + 1}`);
    return lines as DatasetListLine[];
  }

  /** It was stored whole, once and for all: another content will not become the right one, however long is waited. */
  private async read(
    jobId: string,
    { reference, count }: Extract<ToldDatasets, { reference: unknown }>,
  ): Promise<unknown[] | undefined> {
    if (count > maxDatasetsOfJob || reference.size > maxListBytes)
      throw refused(
        jobId,
        `at most ${maxDatasetsOfJob} datasets in ${maxListBytes} bytes`,
        `${count} in ${reference.size} bytes`,
      );
    try {
      return await this.claimChecks.readLines<unknown>(reference);
    } catch (error) {
      if (!(error instanceof CatenaError)) throw error;
      if (outOfReach.has(error.code)) {
        this.logger.warn(
          { jobId, error: messageOf(error) },
          'cannot read the dataset list of the job: the catalogue is asked for it',
        );
        return undefined;
      }
      if (error.code === 'storage.reference-damaged')
        throw refused(
          jobId,
          `what catalog-api wrote to "${reference.key}"`,
          `something else: ${error.message}`,
        );
      throw error;
    }
  }
}

function isLine(line: unknown): line is DatasetListLine {
  const { pid, files, size, packedSize } = (line ?? {}) as Record<string, unknown>;
  return (
    typeof pid === 'string' &&
    pid !== '' &&
    Array.isArray(files) &&
    files.every((file) => typeof file === 'string') &&
    [size, packedSize].every(
      (bytes) => bytes === undefined || (Number.isSafeInteger(bytes) && Number(bytes) >= 0),
    )
  );
}

function refused(jobId: string, expected: string, found: string): PermanentError {
  return new PermanentError(
    'assembly.dataset-list-refused',
    `Expected ${expected} in the dataset list of job ${jobId}, found ${found}. Nothing was planned from it: find out who writes to the control bucket, or sends as catalog-api, then post the job again.`,
    { details: { jobId } },
  );
}
