import { Inject, Injectable } from '@nestjs/common';
import { Clock, idFromName, PermanentError, TransientError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { ConfigToken, SharesToken, type ArchiverConfig } from '../archiver.config.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import type { FileAside } from '../persistence/records.js';

/** What is set aside, and why. */
export interface Unwanted {
  readonly archiveId: string;
  readonly pid: string;
  readonly jobId: string;
  /** The work order that does it: repeating it finds its own record. */
  readonly workOrderId: string;
  readonly reason: string;
  /** Its dataset was reset: it must not go before its files are known to be elsewhere. */
  readonly reset?: true;
  /** Nobody knows what is in it: it must not go before an operator says so. */
  readonly unrecorded?: true;
  /** Only a copy of a datablock that stays, and the target of the one that took its place. */
  readonly replacedBy?: string;
  /** Of a file that was found to be other than what was archived: what it is. */
  readonly sha256?: string;
}

/**
 * Takes files of long-term storage out of the way, for DISCARD_GRACE: under their names nobody finds them, an operator
 * can bring them back, and only after the grace period a sweep removes what the catalogue still does not list.
 */
@Injectable()
export class SetAside {
  constructor(
    private readonly files: FilesAside,
    private readonly datablocks: Datablocks,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /** Sets aside what a share holds under the name; nothing happens where there is nothing. */
  async from(share: LongTermStorage, unwanted: Unwanted): Promise<void> {
    if ((await share.stat(unwanted.archiveId)) === undefined) return;
    // First the record: a file without one would stay for ever.
    const token = await this.record(share, unwanted);
    if (await share.setAside(unwanted.archiveId, token)) return;
    // It may lie there all the same: moved by a request that was repeated, or by a worker that was overtaken.
    if (!(await share.isSetAside(unwanted.archiveId, token))) await this.files.withdraw(token);
  }

  /** Gives the file that a work order set aside last its name back. */
  async undo(
    share: LongTermStorage,
    { archiveId, workOrderId }: Pick<Unwanted, 'archiveId' | 'workOrderId'>,
  ): Promise<void> {
    let last: string | undefined;
    for (let count = 0; ; count += 1) {
      const token = tokenOf(share, { archiveId, workOrderId }, count);
      if (!(await share.isSetAside(archiveId, token))) break;
      last = token;
    }
    if (last !== undefined && (await share.bringBack(archiveId, last))) await this.files.returned(last);
  }

  /** @returns the token; that of an earlier try if it died before it moved the file */
  private async record(share: LongTermStorage, unwanted: Unwanted): Promise<string> {
    const { archiveId, pid, jobId, reason, reset, unrecorded, replacedBy, sha256 } = unwanted;
    const now = this.clock.now();
    for (let count = 0; ; count += 1) {
      const token = tokenOf(share, unwanted, count);
      if (await share.isSetAside(archiveId, token)) continue;
      await this.files.keep({
        ...{ _id: token, share: share.name, archiveId, pid, jobId, reason },
        ...(reset === true ? { reset } : {}),
        ...(unrecorded === true ? { unrecorded } : {}),
        ...(replacedBy === undefined ? {} : { replacedBy }),
        ...(sha256 === undefined ? {} : { sha256 }),
        ...{ setAsideAt: now, dueAt: this.in(this.config.discardGrace) },
      });
      return token;
    }
  }

  /** The oldest first. */
  list(limit: number): Promise<FileAside[]> {
    return this.files.list(limit);
  }

  /** What is next to be looked at, taken by this call alone; undefined when nothing is due. */
  takeDue(): Promise<FileAside | undefined> {
    const shares = this.shares.map(({ name }) => name);
    return this.files.takeDue(this.clock.now(), this.in(this.config.lease), shares);
  }

  /** Removes a file for good, if the sweep that took it still has it. @returns whether it had */
  async remove(aside: FileAside): Promise<boolean> {
    const held = await this.hold(aside);
    if (held === undefined) return false;
    await this.shareOf(held).removeSetAside(held.archiveId, held._id);
    await this.files.removed(held._id);
    return true;
  }

  /**
   * Gives a file its name back; only the archiver that took it may, so no other one removes it meanwhile.
   *
   * @throws PermanentError `long-term-storage.already-exists` when the name is taken; the file stays set aside
   */
  async bringBack(aside: FileAside): Promise<void> {
    const share = this.shareOf(aside);
    const isBack = await share.bringBack(aside.archiveId, aside._id);
    // Brought back by an earlier try, it lies under its name.
    if (!isBack && (await share.stat(aside.archiveId)) === undefined)
      throw new PermanentError(
        'archiver.not-set-aside',
        `Expected ${aside.archiveId} in ${share.name}, set aside under ${aside._id}, found no file of either name: look there by hand.`,
      );
    // First what it is: nobody may take an unread file for a good copy of a datablock that is verified again.
    if (aside.replacedBy !== undefined) await this.listAgain(aside);
    await this.datablocks.bringBack({ _id: aside.archiveId, pid: aside.pid });
    await this.files.returned(aside._id);
  }

  /** A copy that was moved away, or was bad: nobody knows what it is before it was read. */
  private async listAgain({ share, archiveId: _id, pid, setAsideAt }: FileAside): Promise<void> {
    const found = 'it was set aside, brought back, and not read since: verify the dataset';
    const damaged = { at: this.clock.now(), found };
    await this.datablocks.copyBroughtBack({ _id, pid }, { share, verifiedAt: setAsideAt, damaged });
  }

  /** Takes a file from the sweep, for an operator. @throws PermanentError `archiver.not-set-aside` */
  async take(id: string): Promise<FileAside> {
    const taken = await this.files.takeBack(id, this.in(this.config.discardGrace));
    if (taken !== undefined) return taken;
    throw new PermanentError(
      'archiver.not-set-aside',
      `Expected a file that is set aside under ${id}, found none, or one that is being removed at this moment.`,
    );
  }

  /**
   * Takes this one though its grace period is not over: by this call alone.
   *
   * @param withoutOriginals of a dataset that was reset: an operator takes it upon himself that nothing else may be left
   * @returns undefined when it is in other hands, or there is none
   */
  takeNow(id: string, withoutOriginals = false): Promise<FileAside | undefined> {
    return this.files.takeNow(id, this.in(this.config.lease), withoutOriginals);
  }

  /** What is happening to a file; undefined when there is none of it any more. */
  stateOf(id: string): Promise<FileAside['state'] | undefined> {
    return this.files.stateOf(id);
  }

  /** Has it looked at again later, and never before its grace period is over, unless it is in other hands by now. */
  postpone(aside: FileAside, pause: number): Promise<void> {
    const over = aside.setAsideAt.getTime() + this.config.discardGrace;
    return this.files.putBack(aside, new Date(Math.max(over, this.in(pause).getTime())));
  }

  /** The sweep that took a file needs it longer. @throws TransientError `archiver.lease-lost` */
  async keepHold(aside: FileAside): Promise<FileAside> {
    const held = await this.hold(aside);
    if (held !== undefined) return held;
    throw new TransientError(
      'archiver.lease-lost',
      `Expected to have the file that is set aside under ${aside._id}, found it in other hands.`,
    );
  }

  private hold(aside: FileAside): Promise<FileAside | undefined> {
    return this.files.hold(aside, this.in(this.config.lease));
  }

  /** @param pause milliseconds */
  private in(pause: number): Date {
    return new Date(this.clock.now().getTime() + pause);
  }

  private shareOf({ share: name }: FileAside): LongTermStorage {
    const share = this.shares.find((candidate) => candidate.name === name);
    if (share !== undefined) return share;
    throw new PermanentError(
      'archiver.share-unknown',
      `Expected the storage ${name}, which holds a file that was set aside, found that this archiver does not have it (ROUTES_FILE and ARCHIVER_TARGETS, or LTS_ROOTS).`,
    );
  }
}

/** One for each file that an order sets aside under a name: a try that is repeated finds it again. */
function tokenOf(
  { name }: LongTermStorage,
  { archiveId, workOrderId }: Pick<Unwanted, 'archiveId' | 'workOrderId'>,
  count: number,
): string {
  return idFromName(`${name}\n${archiveId}\n${workOrderId}\n${count}`);
}
