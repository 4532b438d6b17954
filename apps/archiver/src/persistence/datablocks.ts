import { Injectable } from '@nestjs/common';
import { isDuplicateKey, stepOf } from '#persistence';
import { datablockSteps } from '../domain/states.js';
import { TargetNames } from '../domain/target-names.js';
import { ArchiverStore } from './archiver-store.js';
import type { StoredCopy, StoredDatablock } from './records.js';

/** A datablock and whose it is. */
export type OwnedDatablock = Pick<StoredDatablock, '_id' | 'jobId' | 'pid'>;
/** The mark of one that was discarded without having been recorded has nothing but its name. */
export type FoundDatablock = OwnedDatablock & Partial<StoredDatablock>;

const absent = { $exists: false } as const;
const recording = stepOf(datablockSteps, 'verified', 'verified');
const discarding = stepOf(datablockSteps, ['verified', 'discarded'], 'discarded');
const returning = stepOf(datablockSteps, 'discarded', 'verified');

/**
 * What lies on long-term storage, and what is known of each copy: every change is a transition of this class, in one write
 * that asks for what it starts from (`domain/states.ts`).
 */
@Injectable()
export class Datablocks {
  constructor(
    private readonly store: ArchiverStore,
    private readonly names: TargetNames = new TargetNames(),
  ) {}

  async verified(_id: string): Promise<StoredDatablock | undefined> {
    return this.named(await this.all.findOne({ _id, state: 'verified' }));
  }

  /** In whichever state. */
  async found(_id: string): Promise<FoundDatablock | undefined> {
    return this.named<FoundDatablock>(await this.all.findOne({ _id }));
  }

  /** The verified one of a dataset that was packed from this list of files. @param _id absent: whichever it is */
  async verifiedFrom(pid: string, filesSha256: string, _id?: string): Promise<StoredDatablock | undefined> {
    const named = _id === undefined ? {} : { _id };
    return this.named(await this.all.findOne({ ...named, pid, filesSha256, state: 'verified' }));
  }

  /** The other verified datablocks of its dataset, in the order of their names: each once, for much is decided on them. */
  async *othersVerified({ _id, pid }: Pick<StoredDatablock, '_id' | 'pid'>): AsyncGenerator<FoundDatablock> {
    const others = this.all.find({ pid, state: 'verified', _id: { $ne: _id } }).sort({ _id: 1 });
    for await (const other of others) yield this.named<FoundDatablock>(other) ?? other;
  }

  /**
   * Once more is the same.
   *
   * @returns false when it was discarded, or recorded by others and its copies are not those any more: an overtaken worker must not
   * paint over the mark, or over what has been moved, mended or found damaged since
   */
  record({ _id, asked, ...fields }: StoredDatablock): Promise<boolean> {
    const ours = fields.copies.flatMap(({ share }) => this.names.writtenAs(share));
    const has = { $exists: true };
    const changed = [{ share: { $nin: ours } }, { mendedBy: has }, { damaged: has }, { replaces: has }];
    return unlessForeign(() =>
      this.all.updateOne(
        {
          ...{ _id, state: { $ne: discarding.to.state }, placement: absent },
          copies: { $not: { $elemMatch: { $or: changed } } },
        },
        {
          $set: { ...fields, ...recording.to },
          ...(asked === undefined ? {} : { $max: { asked } }),
        },
        { upsert: true },
      ),
    );
  }

  /** What an earlier system archived. @returns false when there is a record under this name, whatever it says */
  async adopt(datablock: StoredDatablock & Required<Pick<StoredDatablock, 'adopted'>>): Promise<boolean> {
    try {
      await this.all.insertOne({ ...datablock, ...recording.to });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** Before anything is done about it: an order wants so many copies, and no original goes while there are fewer. */
  async askFor(_id: string, asked: number): Promise<void> {
    await this.all.updateOne(
      { _id, ...recording.from, $or: [{ asked: { $exists: false } }, { asked: { $lt: asked } }] },
      { $set: { asked } },
    );
  }

  /** One more copy, on a target that has none. @returns false when it has one by now, or the datablock was discarded */
  async copyMade(_id: string, { share, verifiedAt }: StoredCopy): Promise<boolean> {
    const { matchedCount } = await this.all.updateOne(
      { _id, ...recording.from, 'copies.share': { $nin: this.names.writtenAs(share) } },
      { $push: { copies: { share, verifiedAt } }, $inc: { placement: 1 } },
    );
    return matchedCount > 0;
  }

  /** Whether it was recorded or not: the mark stands against a late record. @returns false when it is another job's */
  discard({ _id, jobId, pid }: OwnedDatablock, discardedAt: Date): Promise<boolean> {
    return unlessForeign(() =>
      this.all.updateOne({ _id, jobId, pid }, { $set: { ...discarding.to, discardedAt } }, { upsert: true }),
    );
  }

  /** A discarded one is verified again, if it is this dataset's. What nobody knows the content of is not called verified. */
  async bringBack({ _id, pid }: Pick<StoredDatablock, '_id' | 'pid'>): Promise<void> {
    await this.all.updateOne(
      { _id, pid, ...returning.from, manifest: { $exists: true } },
      { $set: returning.to, $unset: { discardedAt: '' } },
    );
  }

  /** Names of those that were discarded before then, the oldest first. */
  async *discardedBefore(before: Date, limit: number): AsyncGenerator<string> {
    const found = this.all.find(discardedBefore(before), { projection: { _id: 1 } });
    for await (const { _id } of found.sort({ discardedAt: 1 }).limit(limit)) yield _id;
  }

  /** @returns false when it was brought back, or discarded anew, since it was looked up: then it stays */
  async forget(_id: string, before: Date): Promise<boolean> {
    return (await this.all.deleteOne({ _id, ...discardedBefore(before) })).deletedCount > 0;
  }

  /** The copy was read at this moment, and is what was archived. Nothing is written of one whose move has ended since it was looked up. */
  async copyVerified(_id: string, copy: StoredCopy, verifiedAt: Date): Promise<void> {
    const { damaged: _, ...good } = copy;
    const { share, replaces = absent } = copy;
    const asSeen = { share: { $in: this.names.writtenAs(share) }, replaces };
    await this.all.updateOne(
      { _id, copies: { $elemMatch: asSeen } },
      {
        $set: { 'copies.$': { ...good, verifiedAt } },
      },
    );
  }

  /** @returns false when it was known before, or verified since it was looked up: then it has been restored meanwhile */
  async copyDamaged(
    _id: string,
    { share, verifiedAt }: StoredCopy,
    at: Date,
    found: string,
  ): Promise<boolean> {
    const written = this.names.writtenAs(share);
    const { modifiedCount } = await this.all.updateOne(
      { _id, copies: { $elemMatch: { share: { $in: written }, verifiedAt, damaged: { $exists: false } } } },
      { $set: { 'copies.$.damaged': { at, found: found.slice(0, 2000) } } },
    );
    return modifiedCount > 0;
  }

  /**
   * A copy that was damaged when it was looked up is good: it was written anew, and read back.
   *
   * @returns false when it was mended, moved or discarded by others since it was looked up
   */
  async copyMended(
    { _id, sha256 }: Pick<StoredDatablock, '_id' | 'sha256'>,
    { damaged, ...copy }: StoredCopy,
    at: Date,
    mendedBy: string,
  ): Promise<boolean> {
    const { share, verifiedAt, replaces = absent } = copy;
    const written = { $in: this.names.writtenAs(share) };
    const asSeen = { share: written, verifiedAt, replaces, 'damaged.at': damaged?.at };
    const { matchedCount } = await this.all.updateOne(
      { _id, ...recording.from, sha256, copies: { $elemMatch: asSeen } },
      { $set: { 'copies.$': { ...copy, verifiedAt: at, mendedBy } } },
    );
    return matchedCount > 0;
  }

  /**
   * A new copy, read back, that takes the place of one which is there still.
   *
   * @returns false when one of the two is not as it was when they were looked up
   */
  async copyAdded(
    { _id, sha256 }: Pick<StoredDatablock, '_id' | 'sha256'>,
    copy: StoredCopy & { readonly replaces: string },
  ): Promise<boolean> {
    const [there, former] = [copy.share, copy.replaces].map((name) => this.names.writtenAs(name));
    const { matchedCount } = await this.all.updateOne(
      {
        ...{ _id, ...recording.from, sha256 },
        copies: {
          $elemMatch: { share: { $in: former } },
          $not: { $elemMatch: { share: { $in: there } } },
        },
      },
      { $push: { copies: copy }, $inc: { placement: 1 } },
    );
    return matchedCount > 0;
  }

  /**
   * A copy is none any more, because another that is good has its place.
   *
   * @param instead the target of that one
   * @returns false when that one is not there, or damaged, by now
   */
  async copyRemoved(_id: string, share: string, instead: string): Promise<boolean> {
    const [gone, good] = [share, instead].map((name) => this.names.writtenAs(name));
    const isGood = { $elemMatch: { share: { $in: good }, damaged: { $exists: false } } };
    const { matchedCount } = await this.all.updateOne(
      { _id, ...recording.from, $and: [{ copies: isGood }, { 'copies.share': { $in: gone } }] },
      { $pull: { copies: { share: { $in: gone } } }, $inc: { placement: 1 } },
    );
    return matchedCount > 0;
  }

  /** What its copy took the place of is out of the way. */
  async moveEnded(_id: string, share: string, replaces: string): Promise<void> {
    const made = { share: { $in: this.names.writtenAs(share) }, replaces };
    // One after the other, as long as it is known whose move it was: without its mark a copy is read once more.
    for (const field of ['mark', 'replaces'])
      await this.all.updateOne(
        { _id, copies: { $elemMatch: made } },
        { $unset: { [`copies.$.${field}`]: '' } },
      );
  }

  /** The former copy takes the place of the one that was to replace it on this share, of which there is no file. */
  async copyMovedBack(_id: string, former: StoredCopy, share: string): Promise<void> {
    const made = { share: { $in: this.names.writtenAs(share) }, replaces: former.share };
    await this.all.updateOne(
      {
        ...{ _id, ...recording.from },
        copies: {
          $elemMatch: made,
          $not: { $elemMatch: { share: { $in: this.names.writtenAs(former.share) } } },
        },
      },
      { $set: { 'copies.$[made]': former }, $inc: { placement: 1 } },
      { arrayFilters: [{ 'made.share': made.share, 'made.replaces': made.replaces }] },
    );
  }

  /** A file has the name of the datablock again on a target that had no copy: it counts as damaged until a verification or a repair has read it. */
  async copyReturned(_id: string, copy: StoredCopy): Promise<void> {
    await this.all.updateOne(
      {
        ...{ _id, ...recording.from },
        copies: { $not: { $elemMatch: { share: { $in: this.names.writtenAs(copy.share) } } } },
      },
      { $push: { copies: copy }, $inc: { placement: 1 } },
    );
  }

  /**
   * A file that was set aside has the name of the datablock again: it counts as damaged until it was read, also where the record lists
   * a copy on its target, for that may be another. In whichever state: before a discarded one is called verified.
   */
  async copyBroughtBack(
    { _id, pid }: Pick<StoredDatablock, '_id' | 'pid'>,
    copy: StoredCopy & Required<Pick<StoredCopy, 'damaged'>>,
  ): Promise<void> {
    const listed = { $elemMatch: { share: { $in: this.names.writtenAs(copy.share) } } };
    const own = { _id, pid, manifest: { $exists: true } };
    // Between the two writes others may list a copy there, or none any more.
    for (let look = 0; look < 3; look += 1) {
      const marked = await this.all.updateOne(
        { ...own, copies: listed },
        { $set: { 'copies.$.damaged': copy.damaged } },
      );
      if (marked.matchedCount > 0) return;
      const added = await this.all.updateOne(
        { ...own, copies: { $not: listed } },
        { $push: { copies: copy }, $inc: { placement: 1 } },
      );
      if (added.matchedCount > 0) return;
    }
  }

  /** Another verified datablock of this content. */
  async otherOf(sha256: string, _id: string): Promise<string | undefined> {
    const other = { sha256, _id: { $ne: _id }, ...recording.from };
    return (await this.all.findOne(other as object, { projection: { _id: 1 } }))?._id;
  }

  /** Datablocks of which a copy is damaged. */
  countDamaged(): Promise<number> {
    return this.all.countDocuments({ 'copies.damaged.at': { $exists: true } });
  }

  /** Copies are called by the names that their targets have now. */
  private named<Found extends Partial<StoredDatablock>>(found: Found | null): Found | undefined {
    if (found === null) return undefined;
    if (found.copies === undefined) return found;
    const copies = new Map<string, StoredCopy>();
    for (const copy of found.copies) {
      const share = this.names.nameOf(copy.share);
      const other = copies.get(share);
      // Two places that became one target hold one file: it counts once.
      if (other === undefined || other.damaged !== undefined) copies.set(share, { ...copy, share });
    }
    return { ...found, copies: [...copies.values()] };
  }

  private get all() {
    return this.store.datablocks;
  }
}

function discardedBefore(before: Date) {
  return { state: 'discarded' as const, discardedAt: { $lt: before } };
}

/** An upsert that its filter keeps from the record of that name cannot insert another one. */
async function unlessForeign(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}
