import { Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import {
  datasetResetRefusedV1,
  datasetResetV1,
  type DatasetResetPreparedV1,
  type ResetLine,
} from '#contracts';
import { Clock, crashPoint, idFromName, PermanentError, stillMoving, TransientError } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import { wholeListById } from '#persistence';
import { lifecycleSteps, reportedDatablocks } from '#scicat-words';
import { DatasetClaims } from '../claims/dataset-claims.js';
import { Catalogue } from '../persistence/catalogue.js';
import { DatasetClaimRecords } from '../persistence/dataset-claim-records.js';
import type { ClaimRecord, DatablockRecord } from '../persistence/records.js';

const page = 500;

type ListedDatablock = Pick<DatablockRecord, '_id' | 'archiveId' | 'createdBy'>;
type Part = Pick<ClaimRecord, 'jobId' | 'pid'>;

/**
 * Takes the datablocks of a dataset off the catalogue's list, then says that it was never archived. First of all it
 * decides so in the claim; what comes after can be repeated, so a crash anywhere is healed by the next delivery.
 */
@Injectable()
export class DatasetResets {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly claims: DatasetClaims,
    private readonly claimChecks: ClaimChecks,
    private readonly records: DatasetClaimRecords,
    private readonly clock: Clock,
  ) {}

  /** @throws PermanentError when these datablocks are not those of the dataset, whatever is tried */
  async reset(claim: ClaimRecord, report: DatasetResetPreparedV1): Promise<void> {
    const { jobId, pid } = report;
    // Once decided it needs no list any more, which may be gone by now: all of Catena's datablocks were planned for.
    if (claim.verdict === undefined) await this.compare(pid, new Set(await this.plannedIn(report)));
    crashPoint('catalog.before-reset');
    // Of two that came to different ends the first one counts.
    if ((await this.claims.decide(claim, 'reset')) !== 'reset') return;
    await this.catalogue.datablocks.deleteMany({ datasetId: pid, createdBy: 'catena' });
    crashPoint('catalog.after-reset');
    await this.claims.apply(claim, lifecycleSteps.reset, { packedSize: 0, numberOfFilesArchived: 0 });
    const now = this.clock.now();
    await this.records.end(report, [eventRow(datasetResetV1, { jobId, pid }, now)]);
  }

  /**
   * The job is to fail, and its own report about that ends the hold.
   *
   * @returns false when there was nothing left to refuse
   */
  async refuse(claim: ClaimRecord, error: PermanentError): Promise<boolean> {
    const verdict = await this.claims.decide(claim, 'refused', [this.refusal(claim, error)]);
    // Another delivery found all in order and was first. It may have died since: this one goes on in its place.
    if (verdict === 'reset')
      throw new TransientError(
        'catalog.registration-decided',
        `The datablocks of ${claim.pid} are being taken off the list for job ${claim.jobId}; found too late: ${error.message}`,
      );
    return verdict === 'refused';
  }

  /** The same for a job that does not hold the dataset any more. */
  async refuseWithoutClaim({ jobId, pid }: Part, error: PermanentError): Promise<void> {
    await this.records.putEnded({ jobId, pid, workflow: 'reset' }, this.refusal({ jobId, pid }, error));
  }

  private refusal({ jobId, pid }: Part, { code, message }: PermanentError): OutboxRow {
    return eventRow(
      datasetResetRefusedV1,
      { jobId, pid, code, message: message.slice(0, 2000) },
      this.clock.now(),
    );
  }

  private async plannedIn(report: DatasetResetPreparedV1): Promise<string[]> {
    const lines = await reportedDatablocks<ResetLine>(this.claimChecks, report);
    return lines.map(({ archiveId }) => archiveId);
  }

  /** Nothing is taken off the list that the planner did not see, and nothing of which Catena does not have the tapes. */
  private async compare(pid: string, planned: ReadonlySet<string>): Promise<void> {
    const listed = wholeListById<ListedDatablock>(
      this.catalogue.datablocks,
      { datasetId: pid },
      { projection: { archiveId: 1, createdBy: 1 }, page },
    );
    for await (const { _id, archiveId, createdBy } of listed) {
      stillMoving();
      if (createdBy !== 'catena' || _id !== idFromName(archiveId))
        throw new PermanentError(
          'catalog.datablocks-foreign',
          `Expected Catena's own datablocks of ${pid}, found ${archiveId}, which ${createdBy} registered: have the system that keeps it reset the dataset.`,
          { details: { pid, archiveId } },
        );
      if (!planned.has(archiveId))
        throw new PermanentError(
          'catalog.datablocks-differ',
          `Expected the datablocks of ${pid} that the reset was planned for, found ${archiveId} as well: post the job again.`,
          { details: { pid, archiveId } },
        );
    }
  }
}
