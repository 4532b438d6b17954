import { Injectable } from '@nestjs/common';
import { isThere, stepOf } from '#persistence';
import { asideSteps } from '../domain/states.js';
import { TargetNames } from '../domain/target-names.js';
import { ArchiverStore } from './archiver-store.js';
import type { FileAside } from './records.js';

/** A file as a sweep took it: one that was taken since has another `dueAt`. */
export type TakenFile = Pick<FileAside, '_id' | 'dueAt'>;

const keepingAnew = stepOf(asideSteps, ['kept', 'removing', 'returning'], 'kept');
const removing = stepOf(asideSteps, ['kept', 'removing', 'returning'], 'removing');
const removingNow = stepOf(asideSteps, 'kept', 'removing');
const returning = stepOf(asideSteps, ['kept', 'returning'], 'returning');
const keeping = stepOf(asideSteps, 'removing', 'kept');

/**
 * What is known of files that were set aside on the shares: every change is a transition of this class, in one write that asks
 * for the state and, of a sweep, for the moment until which it has the file (`domain/states.ts`).
 */
@Injectable()
export class FilesAside {
  constructor(
    private readonly store: ArchiverStore,
    private readonly names: TargetNames = new TargetNames(),
  ) {}

  /** Before the file is moved, by its token; a try that died before finds its own record. */
  async keep({ _id, ...fields }: Omit<FileAside, 'state'>): Promise<void> {
    await this.all.updateOne({ _id }, { $set: { ...fields, ...keepingAnew.to } }, { upsert: true });
  }

  /** There was nothing to be set aside. */
  async withdraw(_id: string): Promise<void> {
    await this.all.deleteOne({ _id, ...keeping.to });
  }

  /** The oldest first. */
  list(limit: number): Promise<FileAside[]> {
    return this.all.find({}).sort({ setAsideAt: 1, _id: 1 }).limit(limit).toArray();
  }

  /** What is happening to a file; undefined when there is none of it any more. */
  async stateOf(_id: string): Promise<FileAside['state'] | undefined> {
    return (await this.all.findOne({ _id }, { projection: { state: 1 } }))?.state;
  }

  /** Whether a file of this name is set aside on any share. */
  async isAside(archiveId: string): Promise<boolean> {
    return isThere(this.all, { archiveId });
  }

  /**
   * The file that has been due for longest, for one sweep, until then: taken from the sweep that had it and did not end in time.
   *
   * @param shares those that the archiver has: other files are for other archivers. Absent: all
   */
  takeDue(now: Date, until: Date, shares?: readonly string[]): Promise<FileAside | undefined> {
    const written = shares?.flatMap((share) => this.names.writtenAs(share));
    return this.change(
      { dueAt: { $lte: now }, ...(written === undefined ? {} : { share: { $in: written } }) },
      { $set: { ...removing.to, dueAt: until } },
      { sort: { dueAt: 1, _id: 1 } },
    );
  }

  /** For a removal before its time. @param withoutOriginals an operator's word for this one look */
  takeNow(_id: string, until: Date, withoutOriginals: boolean): Promise<FileAside | undefined> {
    const word = withoutOriginals ? { withoutOriginals: true as const } : {};
    return this.change({ _id, ...removingNow.from }, { $set: { ...removingNow.to, dueAt: until, ...word } });
  }

  /** For an operator who wants it back, and so takes back that it may go. @returns undefined when a sweep has it */
  takeBack(_id: string, until: Date): Promise<FileAside | undefined> {
    return this.change(
      { _id, ...returning.from },
      { $set: { ...returning.to, dueAt: until }, $unset: { withoutOriginals: '' } },
    );
  }

  /** @returns undefined when it is in other hands */
  hold({ _id, dueAt }: TakenFile, until: Date): Promise<FileAside | undefined> {
    return this.change({ _id, ...keeping.from, dueAt }, { $set: { dueAt: until } });
  }

  /** Has it looked at again then, unless it is in other hands; an operator's word counts for the look it was given for. */
  async putBack({ _id, dueAt }: TakenFile, next: Date): Promise<void> {
    await this.all.updateOne(
      { _id, ...keeping.from, dueAt },
      { $set: { ...keeping.to, dueAt: next }, $inc: { looks: 1 }, $unset: { withoutOriginals: '' } },
    );
  }

  /** It is gone for good. */
  async removed(_id: string): Promise<void> {
    await this.all.deleteOne({ _id, ...keeping.from });
  }

  /** It has its name again, given by the archiver that took it. */
  async returned(_id: string): Promise<void> {
    await this.all.deleteOne({ _id });
  }

  private async change(
    filter: object,
    change: object,
    options: { readonly sort?: Record<string, 1> } = {},
  ): Promise<FileAside | undefined> {
    const found = await this.all.findOneAndUpdate(filter, change, { ...options, returnDocument: 'after' });
    return found === null ? undefined : { ...found, share: this.names.nameOf(found.share) };
  }

  private get all() {
    return this.store.asides;
  }
}
