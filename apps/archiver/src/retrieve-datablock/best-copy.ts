import { Inject, Injectable } from '@nestjs/common';
import { CatenaError, isAway, messageOf, PermanentError, type TransientError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { type Logger, LOGGER } from '#observability';
import { SharesToken } from '../archiver.config.js';
import { targetAway } from '../domain/missing-targets.js';
import type { WorkContext } from '../domain/work.js';
import { CopyRecords } from '../persistence/copy-records.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredCopy, StoredDatablock } from '../persistence/records.js';
import {
  bestFirst,
  copiesChanged,
  isDamage,
  isDamaged,
  isMissing,
  notYetThere,
} from '../persistence/stored-copies.js';

/** Reads a datablock from the best copy that can be read; what is found out about copies is in their records. */
@Injectable()
export class BestCopy {
  constructor(
    private readonly datablocks: Datablocks,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    private readonly records: CopyRecords,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Whether each read of it fetches all of it, wherever it is read. */
  isFetchedWhole({ copies }: StoredDatablock): boolean {
    const shares = this.shares.filter(({ name }) => copies.some((copy) => copy.share === name));
    return shares.length > 0 && shares.every(({ fetchesWhole }) => fetchesWhole);
  }

  /**
   * @param targets names of targets in order of preference
   * @param read throws `archiver.copy-damaged` where the copy is not what was archived; then the next one is tried
   * @throws PermanentError `archiver.copy-damaged` when no copy is good; TransientError when one that may be good is away
   */
  async read<Result>(
    datablock: StoredDatablock,
    targets: readonly string[] | undefined,
    context: WorkContext,
    read: (share: LongTermStorage) => Promise<Result>,
  ): Promise<Result> {
    const away = this.refuseWorseCopies(datablock);
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
        return await read(share);
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
}
