import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import type { FileSetAside, LongTermStorage } from '#long-term-storage';
import { ReconciliationCheck, type Finding, type Look, type RepairOutcome } from '#service-host';
import { ConfigToken, SharesToken, type ArchiverConfig } from '../archiver.config.js';
import { ReconciledRecords } from '../persistence/reconciled-records.js';
import type { FileAside } from '../persistence/records.js';
import { namedBy } from './names-of-files.js';

type Seen =
  | (FileSetAside & { readonly share: string })
  | { readonly record: Pick<FileAside, '_id' | 'dueAt' | 'share' | 'archiveId'> };

/**
 * Files that lie set aside and that no record knows: no sweep would ever look at them. And records of files that were never moved, as
 * their mover died: they keep the file under its name from being looked at.
 */
@Injectable()
export class UnknownFilesAside extends ReconciliationCheck {
  readonly name = 'files set aside';

  constructor(
    private readonly records: ReconciledRecords,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    for (const share of this.shares)
      try {
        for await (const file of share.listSetAside('')) {
          look.looked();
          if (await this.records.isAsideRecorded(file.token)) continue;
          if (await look.isOldNews(share.name, `${file.name}\n${file.token}`)) yield found(share.name, file);
        }
        await look.sawAll(share.name);
      } catch (error) {
        look.skip(`${share.name}: ${messageOf(error)}`);
        look.looked();
      }
    yield* this.recordsWithoutFile(look);
  }

  /** The record makes it known again; nothing goes before an operator says so. */
  async repair({ seen }: Finding): Promise<RepairOutcome> {
    const drift = seen as Seen;
    if ('record' in drift) return this.drop(drift.record);
    const { share: where, name, token } = drift;
    const share = this.shares.find((one) => one.name === where);
    const owner = namedBy(name);
    if (share === undefined || owner === undefined) return 'changed';
    if (!(await share.isSetAside(name, token))) return 'changed';
    const now = this.clock.now();
    const isKept = await this.records.keepAside({
      ...{ _id: token, share: where, archiveId: name, ...owner, unrecorded: true },
      reason: 'A reconciliation found it set aside, without a record.',
      ...{ setAsideAt: now, dueAt: new Date(now.getTime() + this.config.discardGrace) },
    });
    return isKept ? 'repaired' : 'changed';
  }

  private async *recordsWithoutFile(look: Look): AsyncGenerator<Finding> {
    const away = new Set<string>();
    for await (const { _id, dueAt, share: where, archiveId, setAsideAt } of this.records.kept()) {
      look.looked();
      const share = this.shares.find(({ name }) => name === where);
      if (share === undefined || setAsideAt > look.oldEnough || away.has(where)) continue;
      try {
        if (await share.isSetAside(archiveId, _id)) continue;
      } catch (error) {
        away.add(where);
        look.skip(`${where}: ${messageOf(error)}`);
        continue;
      }
      yield {
        ...{ kind: 'aside-without-file', subject: archiveId, where, canRepair: true },
        expected: `a file set aside with the token ${_id} since ${setAsideAt.toISOString()}`,
        found: 'none',
        remedy: 'the record is dropped: a file that still has its name is looked at by the next run',
        seen: { record: { _id, dueAt, share: where, archiveId } } satisfies Seen,
      };
    }
  }

  /** Whoever keeps it anew before he moves it, or takes it, has changed when it is due. */
  private async drop(
    record: Pick<FileAside, '_id' | 'dueAt' | 'share' | 'archiveId'>,
  ): Promise<RepairOutcome> {
    const share = this.shares.find(({ name }) => name === record.share);
    if (share === undefined || (await share.isSetAside(record.archiveId, record._id))) return 'changed';
    return (await this.records.dropAside(record)) ? 'repaired' : 'changed';
  }
}

function found(share: string, file: FileSetAside): Finding {
  const canRepair = namedBy(file.name) !== undefined;
  return {
    ...{ kind: 'aside-without-record', subject: file.name, where: share, canRepair },
    expected: `a record of the token ${file.token}`,
    found: `${file.size} bytes set aside that no record knows`,
    remedy: canRepair
      ? 'recorded: operators see it, and say what becomes of it'
      : 'nobody can say of which dataset it is: look at it by hand',
    seen: { share, name: file.name, token: file.token, size: file.size } satisfies Seen,
  };
}
