import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import type { LongTermFile, LongTermStorage } from '#long-term-storage';
import { ReconciliationCheck, type Finding, type Look, type RepairOutcome } from '#service-host';
import { SharesToken } from '../archiver.config.js';
import { CatalogueWord } from '../catalog/catalogue-word.js';
import type { FoundDatablock } from '../persistence/datablocks.js';
import { ReconciledRecords } from '../persistence/reconciled-records.js';
import { SetAside } from '../set-aside/set-aside.js';
import { isArchiveId, namedBy } from './names-of-files.js';

const page = 100;

interface Seen {
  readonly share: string;
  readonly name: string;
  readonly size: number;
}

/**
 * Tars on long-term storage that no record lists. No storage tells how old a file is for certain, so it counts when two runs saw it
 * that are RECONCILE_MIN_AGE apart. The repair sets aside, and removes nothing: what nobody knows the content of may be all there is.
 */
@Injectable()
export class UnrecordedFiles extends ReconciliationCheck {
  readonly name = 'files on long-term storage without a record';

  constructor(
    private readonly records: ReconciledRecords,
    private readonly catalogue: CatalogueWord,
    private readonly asides: SetAside,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
  ) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    for (const share of this.shares) {
      try {
        yield* this.on(share, look);
        await look.sawAll(share.name);
      } catch (error) {
        look.skip(`${share.name}: ${messageOf(error)}`);
        // Also the end of the run.
        look.looked();
      }
    }
  }

  /**
   * First it is kept from becoming a datablock (a mark that a late record does not paint over), then it is asked once more whether
   * anybody wants it, then it is set aside.
   */
  async repair({ seen }: Finding): Promise<RepairOutcome> {
    const { share: where, name, size } = seen as Seen;
    const share = this.shares.find((one) => one.name === where);
    const owner = namedBy(name);
    if (share === undefined || owner === undefined) return 'changed';
    if ((await share.stat(name))?.size !== size || (await this.isWanted(name, owner.pid))) return 'changed';
    const markedAt = this.clock.now();
    if (!(await this.records.markUnrecorded({ _id: name, ...owner }, markedAt))) {
      // The mark of a repair that died on its way stands as well.
      const record = (await this.records.known([name])).get(name);
      if (record === undefined || !isOnlyMark(record)) return 'changed';
    }
    let isWanted = true;
    try {
      isWanted = await this.isWanted(name, owner.pid);
    } finally {
      if (isWanted) await this.records.unmark(name, markedAt);
    }
    if (isWanted) return 'changed';
    await this.asides.from(share, {
      ...{ archiveId: name, ...owner, workOrderId: 'reconciliation', unrecorded: true },
      reason:
        'A reconciliation found no record of it, no work that names it, and no datablock of the catalogue.',
    });
    return 'repaired';
  }

  private async *on(share: LongTermStorage, look: Look): AsyncGenerator<Finding> {
    let files: LongTermFile[] = [];
    const foreign: string[] = [];
    for await (const file of share.list('')) {
      look.looked();
      if (!isArchiveId(file.name)) {
        foreign.push(file.name);
        if (foreign.length > 3) foreign.pop();
        continue;
      }
      files.push(file);
      if (files.length < page) continue;
      yield* this.among(share, files, look);
      files = [];
    }
    yield* this.among(share, files, look);
    if (foreign.length > 0)
      look.note(`${share.name}: files whose names are none of Catena, such as ${foreign.join(', ')}`);
  }

  private async *among(
    share: LongTermStorage,
    files: readonly LongTermFile[],
    look: Look,
  ): AsyncGenerator<Finding> {
    const known = await this.records.known(files.map(({ name }) => name));
    for (const { name, size } of files) {
      const record = known.get(name);
      if (record !== undefined && isListedOn(record, share.name)) continue;
      if (await this.records.isNamed(name)) continue;
      if (!(await look.isOldNews(share.name, `${name}\n${size}`))) continue;
      yield await this.judged(share, { name, size }, record);
    }
  }

  private async judged(
    { name: share }: LongTermStorage,
    { name, size }: LongTermFile,
    record: FoundDatablock | undefined,
  ): Promise<Finding> {
    const about = { subject: name, where: share };
    if (record !== undefined && !isOnlyMark(record))
      return {
        ...{ kind: 'file-beside-record', ...about, canRepair: false },
        expected: 'a record that lists a copy here',
        found: `${size} bytes, and a record that lists none (${record.state ?? 'discarded'})`,
        remedy: 'compare the file with the copies of the datablock, then move it away by hand',
      };
    const owner = namedBy(name);
    if (await this.catalogue.listsName(name))
      return {
        ...{ kind: 'datablock-unknown', ...about, canRepair: false },
        expected: 'a record of a datablock that the catalogue lists',
        found: `${size} bytes, and no record: an earlier system, or a lost database, has written it`,
        remedy: 'adopt the datablock, or restore the database of archiver; nothing is done here',
      };
    return {
      ...{ kind: 'file-unrecorded', ...about, seen: { share, name, size } satisfies Seen },
      expected: 'a record, work that names it, or a datablock of the catalogue',
      found: `${size} bytes that nothing names`,
      ...(owner === undefined
        ? { remedy: 'nobody can say of which dataset it is: look at it by hand', canRepair: false }
        : { remedy: 'set aside, where an operator can bring it back', canRepair: true }),
    };
  }

  /** @throws TransientError when the catalogue's answer would prove nothing */
  private async isWanted(archiveId: string, pid: string): Promise<boolean> {
    return (await this.records.isNamed(archiveId)) || (await this.catalogue.lists({ pid, archiveId }));
  }
}

/** Of one that was discarded without having been recorded. */
function isOnlyMark({ state, manifest }: FoundDatablock): boolean {
  return state === 'discarded' && manifest === undefined;
}

function isListedOn({ state, copies = [] }: FoundDatablock, share: string): boolean {
  return state === 'verified' && copies.some((copy) => copy.share === share || copy.replaces === share);
}
