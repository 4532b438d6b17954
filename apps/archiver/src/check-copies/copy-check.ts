import { Inject, Injectable } from '@nestjs/common';
import { PermanentError, checksumOf } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { SharesToken } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import { targetAway } from '../domain/missing-targets.js';
import { CopyRecords } from '../persistence/copy-records.js';
import type { StoredCopy, StoredDatablock } from '../persistence/records.js';
import { copiesChanged, isDamage, isMissing, notYetThere } from '../persistence/stored-copies.js';

/** What one copy is found to be. */
export interface CheckedCopy {
  readonly copy: StoredCopy;
  readonly share: LongTermStorage;
  /** `unreadable`: nothing can be said of the bytes, for rights or something in the way; that is no damage. */
  readonly standing: 'good' | 'damaged' | 'unreadable';
  /** What is wrong with it, for people. */
  readonly found?: string;
  /** Of the bytes that are there, where they were all read. */
  readonly sha256?: string;
  /** What a first reading found wrong that the second one, which counts, has read. */
  readonly suspicion?: string;
}

type Finding = Pick<CheckedCopy, 'standing' | 'found' | 'sha256'> & { readonly isGone?: true };

/** Told how many bytes of the copy were read. */
export type Shown = (bytes: number) => void;

/** Reads copies, all bytes of them and fresh, and keeps in their records what they are found to be. */
@Injectable()
export class CopyCheck {
  constructor(
    private readonly records: CopyRecords,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
  ) {}

  /** Before anything is read: what cannot be looked at is not damaged, and a tape is not read in vain. @throws TransientError `archiver.target-away` */
  assertReachable({ _id, copies }: StoredDatablock): void {
    const served = this.shares.map(({ name }) => name);
    const missing = copies.map(({ share }) => share).filter((name) => !served.includes(name));
    if (missing.length > 0) throw targetAway(_id, missing, served);
  }

  /** Of a copy that is in reach. */
  shareOf({ share }: StoredCopy): LongTermStorage {
    return this.shares.find(({ name }) => name === share)!;
  }

  /**
   * @param suspected called where a first reading finds something wrong: then the copy is read once more, and only that counts
   * @throws TransientError `archiver.copies-changed` for one that has been moved meanwhile, and others that pass
   */
  async check(
    datablock: StoredDatablock,
    copy: StoredCopy,
    context: WorkContext,
    shown: Shown,
    suspected?: (found: string) => Promise<void>,
  ): Promise<CheckedCopy> {
    const share = this.shareOf(copy);
    const first = await this.look(datablock, share, context, shown);
    if (first.standing !== 'damaged' || suspected === undefined)
      return this.writtenDown(datablock, copy, share, first);
    const suspicion = first.found ?? '';
    await suspected(suspicion);
    context.signal.throwIfAborted();
    const second = await this.look(datablock, share, context, shown);
    return { ...(await this.writtenDown(datablock, copy, share, second)), suspicion };
  }

  private async writtenDown(
    datablock: StoredDatablock,
    copy: StoredCopy,
    share: LongTermStorage,
    finding: Finding,
  ): Promise<CheckedCopy> {
    const { standing, found = '', isGone } = finding;
    if (isGone === true) {
      if (!(await this.records.isListed(datablock._id, copy))) throw copiesChanged(datablock._id);
      if (this.records.isYoung(copy)) throw notYetThere(share.name, datablock._id);
    }
    if (standing === 'good') await this.records.verified(datablock._id, copy);
    else if (standing === 'damaged') await this.records.damaged(datablock._id, copy, found);
    return { copy, share, ...finding };
  }

  /** What lies on a target where no copy is listed; nothing is written down of it. */
  async standingOf(
    datablock: StoredDatablock,
    share: LongTermStorage,
    context: WorkContext,
    shown: Shown,
  ): Promise<CheckedCopy['standing']> {
    return (await this.look(datablock, share, context, shown)).standing;
  }

  private async look(
    { _id, sha256, packedSize }: StoredDatablock,
    share: LongTermStorage,
    context: WorkContext,
    shown: Shown,
  ): Promise<Finding> {
    const gone = { standing: 'damaged', found: 'it is missing', isGone: true } as const;
    if ((await share.stat(_id)) === undefined) return gone;
    try {
      const bytes = await share.read(_id, { fresh: true, signal: context.signal });
      const read = await checksumOf(watched(bytes, context, shown));
      if (read.sha256 === sha256) return { standing: 'good', sha256 };
      const found = `expected SHA-256 ${sha256}, read ${read.sha256} (${read.bytes} of ${packedSize} bytes)`;
      return { standing: 'damaged', found, sha256: read.sha256 };
    } catch (error) {
      // What may pass is tried again; what stays is a finding, and the other copies are looked at as well.
      if (context.signal.aborted || !(error instanceof PermanentError)) throw error;
      if (isMissing(error)) return gone;
      return { standing: isDamage(error) ? 'damaged' : 'unreadable', found: error.message };
    }
  }
}

export async function* watched(
  stream: AsyncIterable<Buffer>,
  context: WorkContext,
  shown: Shown,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of stream) {
    context.signal.throwIfAborted();
    shown((bytes += chunk.length));
    yield chunk;
  }
}
