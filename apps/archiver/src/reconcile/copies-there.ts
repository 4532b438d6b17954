import { Inject, Injectable } from '@nestjs/common';
import { isRetriable, messageOf } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { ReconciliationCheck, type Finding, type Look, type RepairOutcome } from '#service-host';
import { SharesToken } from '../archiver.config.js';
import { CopyRecords } from '../persistence/copy-records.js';
import { Datablocks } from '../persistence/datablocks.js';
import { ReconciledRecords } from '../persistence/reconciled-records.js';
import type { StoredCopy, StoredDatablock } from '../persistence/records.js';
import { copyOn, isDamaged } from '../persistence/stored-copies.js';

interface Seen {
  readonly archiveId: string;
  readonly copy: StoredCopy;
}

/** Copies that records list and whose file is missing, or of another size. Nothing is read: that is what scrubbing is for. */
@Injectable()
export class CopiesThere extends ReconciliationCheck {
  readonly name = 'copies that records list';

  constructor(
    private readonly records: ReconciledRecords,
    private readonly datablocks: Datablocks,
    private readonly copies: CopyRecords,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
  ) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    const away = new Set<string>();
    for await (const datablock of this.records.verified())
      for (const copy of datablock.copies) {
        look.looked();
        if (isDamaged(copy) || away.has(copy.share)) continue;
        const finding = await this.judged(datablock, copy).catch((error: unknown) => {
          // What stays, such as rights, is of this copy alone.
          if (isRetriable(error)) away.add(copy.share);
          look.skip(
            `${isRetriable(error) ? copy.share : `${datablock._id} on ${copy.share}`}: ${messageOf(error)}`,
          );
          return undefined;
        });
        if (finding !== undefined) yield finding;
      }
  }

  /** Marked damaged, a copy is read no more, and mended by the next verification or scrubbing. */
  async repair({ seen }: Finding): Promise<RepairOutcome> {
    const { archiveId, copy } = seen as Seen;
    const datablock = await this.datablocks.verified(archiveId);
    const now = datablock === undefined ? undefined : copyOn(datablock, copy.share);
    if (datablock === undefined || now === undefined || !isSame(now, copy)) return 'changed';
    const wrong = await this.wrongWith(datablock, now);
    if (wrong === undefined) return 'changed';
    await this.copies.damaged(archiveId, now, `${wrong} (reconciliation)`);
    const after = await this.datablocks.verified(archiveId);
    const marked = after === undefined ? undefined : copyOn(after, copy.share);
    return marked !== undefined && isDamaged(marked) ? 'repaired' : 'changed';
  }

  private async judged(datablock: StoredDatablock, copy: StoredCopy): Promise<Finding | undefined> {
    const wrong = await this.wrongWith(datablock, copy);
    if (wrong === undefined) return undefined;
    // It may have been discarded, moved or mended since its record was read.
    const current = await this.datablocks.verified(datablock._id);
    const now = current === undefined ? undefined : copyOn(current, copy.share);
    if (current === undefined || now === undefined || !isSame(now, copy)) return undefined;
    if ((await this.wrongWith(current, now)) === undefined) return undefined;
    return {
      kind: wrong === missing ? 'copy-missing' : 'copy-size',
      ...{ subject: datablock._id, where: copy.share, canRepair: true },
      expected: `${datablock.packedSize} bytes, proven ${copy.verifiedAt.toISOString()}`,
      found: wrong,
      remedy: 'marked damaged: the next verification, repair or scrubbing mends it from another copy',
      seen: { archiveId: datablock._id, copy } satisfies Seen,
    };
  }

  /** Undefined also of a copy whose target this archiver does not have, or that a share may not show everywhere yet. */
  private async wrongWith(
    { _id, packedSize }: StoredDatablock,
    copy: StoredCopy,
  ): Promise<string | undefined> {
    const share = this.shares.find(({ name }) => name === copy.share);
    if (share === undefined || this.copies.isYoung(copy)) return undefined;
    const found = await share.stat(_id);
    if (found === undefined) return missing;
    return found.size === packedSize
      ? undefined
      : `it has ${found.size} bytes, expected ${packedSize} bytes as it was archived`;
  }
}

const missing = 'it is missing';

function isSame(one: StoredCopy, other: StoredCopy): boolean {
  return (
    one.share === other.share &&
    one.verifiedAt.getTime() === other.verifiedAt.getTime() &&
    one.damaged === undefined
  );
}
