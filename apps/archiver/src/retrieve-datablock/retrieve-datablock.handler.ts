import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { RetrieveDatablockV1, retrieveDatablockV1 } from '#contracts';
import { CatenaError, crashPoint, isAway, messageOf, PermanentError, TransientError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { type Logger, LOGGER } from '#observability';
import type { AnswerRow } from '#outbox';
import { ObjectStore } from '#storage';
import { ConfigToken, SharesToken, type ArchiverConfig } from '../archiver.config.js';
import {
  bestFirst,
  copiesChanged,
  isDamage,
  isDamaged,
  isMissing,
  notYetThere,
} from '../persistence/stored-copies.js';
import { targetAway } from '../domain/missing-targets.js';
import { refuseForeign } from '../domain/own-datablock.js';
import { Datablocks } from '../persistence/datablocks.js';
import { CopyRecords } from '../persistence/copy-records.js';
import type { StoredCopy, StoredDatablock } from '../persistence/records.js';
import type { WorkContext } from '../domain/work.js';
import { begun, checked } from './checked-bytes.js';
import { RecallLock } from './recall-lock.js';
import { RetrievalReports } from './retrieval-reports.js';

/** Recalls a datablock into the retrieval bucket. A retrieval that comes while it is there, or on its way, shares that one recall. */
@Injectable()
export class RetrieveDatablockHandler {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly objects: ObjectStore,
    private readonly lock: RecallLock,
    private readonly reports: RetrievalReports,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    private readonly records: CopyRecords,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async handle(
    order: RetrieveDatablockV1,
    context: WorkContext,
  ): Promise<AnswerRow<typeof retrieveDatablockV1>> {
    const datablock = await this.datablocks.verified(order.archiveId);
    if (datablock === undefined) {
      throw new PermanentError(
        'archiver.datablock-unknown',
        `Expected a verified datablock ${order.archiveId}, found none: it was not archived by this archiver.`,
      );
    }
    refuseForeign(datablock, order);
    if (!(await this.lock.isPresent(datablock._id, () => this.reports.isThere(datablock)))) {
      await this.lock.recall(datablock._id, String(order.workOrderId), context, (held) =>
        this.recall(datablock, order, held),
      );
    }
    crashPoint('archiver.after-retrieve');
    return this.reports.report(order, datablock);
  }

  private async recall(
    datablock: StoredDatablock,
    { targets }: RetrieveDatablockV1,
    context: WorkContext,
  ): Promise<void> {
    const away = this.refuseWorseCopies(datablock);
    this.logger.info({ archiveId: datablock._id }, 'recall begins');
    const faults: string[] = [];
    let passing: CatenaError | undefined;
    for (const copy of bestFirst(datablock.copies, targets)) {
      const { share: name } = copy;
      const share = this.shares.find((candidate) => candidate.name === name);
      if (share === undefined) {
        faults.push(`${name} is not one of the storages of this archiver`);
        continue;
      }
      context.readsAt?.(name);
      try {
        return await this.recallFrom(share, datablock, context);
      } catch (thrown) {
        if (context.signal.aborted) throw thrown;
        const error = await this.findingOf(datablock, copy, thrown);
        // The next copy may be good. If none is, what was only away is waited for.
        // What says when to look again goes before a fault that costs a try.
        if (error instanceof CatenaError && error.retriable)
          passing = passing === undefined || (isAway(error) && !isAway(passing)) ? error : passing;
        faults.push(`${name}: ${messageOf(error)}`);
        const facts = { archiveId: datablock._id, share: name, error: messageOf(error) };
        if (isAway(error)) this.logger.warn(facts, 'a copy cannot be recalled now');
        else this.logger.error(facts, 'a copy cannot be recalled');
      }
    }
    if (passing !== undefined) throw passing;
    await this.assertStillThese(datablock);
    if (away !== undefined) throw away;
    throw new PermanentError(
      'archiver.copy-damaged',
      `Expected at least one good copy of ${datablock._id}, found none (${faults.join('; ')}). Restore a copy from elsewhere; the catalogue was not changed.`,
    );
  }

  /**
   * A copy that lies on a target which this archiver does not have may be good: nothing is lost for want of it.
   *
   * @returns what to say when no copy here is good
   * @throws the same at once, when those here are known to be damaged: they are not read in vain
   */
  private refuseWorseCopies({ _id, copies }: StoredDatablock): TransientError | undefined {
    const served = this.shares.map(({ name }) => name);
    const elsewhere = copies.filter((copy) => !served.includes(copy.share) && !isDamaged(copy));
    if (elsewhere.length === 0) return undefined;
    const missing = elsewhere.map(({ share }) => share);
    const away = targetAway(_id, missing, served);
    if (copies.every((copy) => missing.includes(copy.share) || isDamaged(copy))) throw away;
    return away;
  }

  /** A copy that was moved or mended while this looked for it is on another target, or good: nothing is lost. */
  private async assertStillThese({ _id, copies }: StoredDatablock): Promise<void> {
    const now = await this.datablocks.verified(_id);
    const isStill = (copy: StoredCopy): boolean =>
      copies.some(({ share, verifiedAt }) => share === copy.share && verifiedAt >= copy.verifiedAt);
    if (now?.copies.every(isStill) !== true) throw copiesChanged(_id);
  }

  /** What a failed recall says about the copy; damage is in its record before anything else happens. */
  private async findingOf({ _id }: StoredDatablock, copy: StoredCopy, error: unknown): Promise<unknown> {
    if (isMissing(error) && !(await this.records.isListed(_id, copy))) return copiesChanged(_id);
    if (isMissing(error) && this.records.isYoung(copy)) return notYetThere(copy.share, _id, error);
    if (isDamage(error)) await this.records.damaged(_id, copy, messageOf(error));
    return error;
  }

  /** One pass: read, hash, store. The object appears only if the checksum agreed at the last byte. */
  private async recallFrom(
    share: LongTermStorage,
    { _id, packedSize, sha256 }: StoredDatablock,
    context: WorkContext,
  ): Promise<void> {
    const source = await share.read(_id, { fresh: true, signal: context.signal });
    const bytes = checked(source as AsyncIterable<Buffer>, {
      ...{ name: _id, share: share.name, packedSize, sha256, context },
    });
    const body = Readable.from(await begun(bytes), { objectMode: false });
    await this.objects.put(this.config.retrievalBucket, _id, body, {
      size: packedSize,
      contentType: 'application/x-tar',
      metadata: { sha256 },
    });
  }
}
