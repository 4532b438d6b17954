import { Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import {
  datasetRegisteredV1,
  datasetRegistrationRefusedV1,
  type DatablockLine,
  type DatasetArchivedV1,
} from '#contracts';
import { parseManifest } from '#datablock';
import { Clock, crashPoint, idFromName, PermanentError, stillMoving, TransientError } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import { lifecycleSteps, reportedDatablocks } from '#scicat-words';
import { DatasetClaims } from '../claims/dataset-claims.js';
import { Catalogue } from '../persistence/catalogue.js';
import { DatasetClaimRecords } from '../persistence/dataset-claim-records.js';
import { withoutWords } from '../persistence/own-fields.js';
import type { ClaimRecord, DatablockRecord, DatasetRecord } from '../persistence/records.js';
import { newObjectId } from '../persistence/user-ids.js';
import { FileListComparison } from './file-list-comparison.js';

const namesAtOnce = 500;

/**
 * Enters verified datablocks into the catalogue, then says that the dataset is retrievable. First of all it decides, in
 * the claim, that they are to be registered; every write after that lands on the same record when it is repeated, so
 * a crash anywhere is healed by the next delivery.
 */
@Injectable()
export class DatablockRegistration {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly claims: DatasetClaims,
    private readonly claimChecks: ClaimChecks,
    private readonly comparison: FileListComparison,
    private readonly records: DatasetClaimRecords,
    private readonly clock: Clock,
  ) {}

  /** @throws PermanentError when these datablocks cannot be registered, whatever is tried */
  async register(claim: ClaimRecord, report: DatasetArchivedV1): Promise<void> {
    const { jobId, pid } = report;
    const dataset = await this.catalogue.datasets.findOne({ pid }, { projection: withoutWords });
    if (dataset === null)
      throw new PermanentError(
        'catalog.dataset-missing',
        `Expected dataset ${pid} of job ${jobId} in the catalogue, found none: its datablocks cannot be registered and are discarded.`,
      );
    const lines = await reportedDatablocks<DatablockLine>(this.claimChecks, report);
    if (claim.verdict === undefined) {
      await this.refuseTakenNames(pid, lines);
      await this.comparison.check(dataset, lines);
    }
    crashPoint('catalog.before-registration');
    // Of two that came to different ends the first one counts.
    if ((await this.claims.decide(claim, 'registered')) !== 'registered') return;
    let files = 0;
    for (const line of lines) files += await this.registerOne(dataset, line);
    crashPoint('catalog.after-registration');
    await this.claims.apply(claim, lifecycleSteps.archived, {
      packedSize: report.packedSize,
      numberOfFilesArchived: files,
    });
    const now = this.clock.now();
    await this.records.end(report, [eventRow(datasetRegisteredV1, { jobId, pid }, now)]);
  }

  /**
   * Nothing that comes again would change it: the job is to fail, and its own report about that ends the hold.
   *
   * @returns false when there was nothing left to refuse
   */
  async refuse(claim: ClaimRecord, error: PermanentError): Promise<boolean> {
    const verdict = await this.claims.decide(claim, 'refused', [this.refusal(claim, error)]);
    // Another delivery found all in order and was first. It may have died since: this one goes on in its place.
    if (verdict === 'registered')
      throw new TransientError(
        'catalog.registration-decided',
        `The datablocks of ${claim.pid} are being registered for job ${claim.jobId}; found too late: ${error.message}`,
      );
    return verdict === 'refused';
  }

  /** The same for a job that does not hold the dataset any more. */
  async refuseWithoutClaim({ jobId, pid }: DatasetArchivedV1, error: PermanentError): Promise<void> {
    await this.records.putEnded({ jobId, pid, workflow: 'archive' }, this.refusal({ jobId, pid }, error));
  }

  private refusal(
    { jobId, pid }: Pick<ClaimRecord, 'jobId' | 'pid'>,
    { code, message }: PermanentError,
  ): OutboxRow {
    return eventRow(
      datasetRegistrationRefusedV1,
      { jobId, pid, code, message: message.slice(0, 2000) },
      this.clock.now(),
    );
  }

  /** Names of Catena are refused from anybody else; a record from before that would keep the job from ever ending. */
  private async refuseTakenNames(pid: string, lines: readonly DatablockLine[]): Promise<void> {
    for (let at = 0; at < lines.length; at += namesAtOnce) {
      const archiveIds = lines.slice(at, at + namesAtOnce).map(({ archiveId }) => archiveId);
      const taken = await this.catalogue.datablocks.findOne(
        { archiveId: { $in: archiveIds }, _id: { $nin: archiveIds.map(idFromName) } },
        { projection: { archiveId: 1 } },
      );
      if (taken !== null) throw archiveIdTaken(pid, taken.archiveId);
    }
  }

  private async registerOne(dataset: DatasetRecord, line: DatablockLine): Promise<number> {
    const manifest = parseManifest((await this.claimChecks.read(line.manifest)).toString('utf8'));
    const now = this.clock.now();
    const { pid, ownerGroup, accessGroups, instrumentGroup, isPublished } = dataset;
    const datablock: Omit<DatablockRecord, '_id'> = {
      datasetId: pid,
      archiveId: line.archiveId,
      size: line.size,
      packedSize: line.packedSize,
      chkAlg: 'sha256',
      version: '1.0',
      ownerGroup,
      accessGroups,
      ...(instrumentGroup === undefined ? {} : { instrumentGroup }),
      isPublished,
      dataFileList: manifest.members.map(({ path, size, modifiedAt, sha256 }) => ({
        _id: newObjectId(),
        path,
        size,
        time: modifiedAt,
        chk: sha256,
      })),
      createdBy: 'catena',
      updatedBy: 'catena',
      createdAt: now,
      updatedAt: now,
      __v: 0,
    };
    await this.catalogue.whenSingle();
    await this.catalogue.datablocks.updateOne(
      { _id: idFromName(line.archiveId) },
      { $setOnInsert: datablock },
      { upsert: true },
    );
    stillMoving();
    return manifest.members.length;
  }
}

function archiveIdTaken(pid: string, archiveId: string): PermanentError {
  return new PermanentError(
    'catalog.archive-id-taken',
    `Expected to register ${archiveId} of dataset ${pid}, found a datablock of that name, which Catena did not make: remove it, then retry the job.`,
    { details: { pid, archiveId } },
  );
}
