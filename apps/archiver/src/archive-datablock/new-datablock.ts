import { Injectable } from '@nestjs/common';
import type { ArchiveDatablockV1, FileLine } from '#contracts';
import { packedSizeOf, type ManifestMember } from '#datablock';
import { Clock, PermanentError, TransientError, crashPoint } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import type { WorkContext } from '../domain/work.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import { Originals } from '../originals/originals.js';
import { ReadVersions, type OriginalLine } from '../originals/read-versions.js';
import { markOf } from '../mend-copies/file-marks.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredCopy, StoredDatablock } from '../persistence/records.js';
import type { Packing } from './copy-writer.js';
import { Meter } from './meter.js';
import { OrderTargets } from './order-targets.js';
import { ProvenCopies } from './proven-copies.js';
import { assertWritable } from './targets-ready.js';

/** Packs a datablock, stores it on all targets of its order, reads each copy back, compares, and records it. */
@Injectable()
export class NewDatablock {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly lists: DatablockLists,
    private readonly originals: Originals,
    private readonly copies: ProvenCopies,
    private readonly targets: OrderTargets,
    private readonly clock: Clock,
  ) {}

  async make(order: ArchiveDatablockV1, context: WorkContext): Promise<StoredDatablock> {
    const targets = this.targets.of(order);
    try {
      return await this.makeAt(targets, order, context);
    } catch (error) {
      // Where this cannot be done either, a reconciliation finds the files.
      await this.leaveNothingDiscarded(order, targets).catch(() => undefined);
      throw error;
    }
  }

  /** A worker that was overtaken may have made files of a datablock that was discarded meanwhile: nobody else comes for them. */
  private async leaveNothingDiscarded(
    order: ArchiveDatablockV1,
    targets: readonly LongTermStorage[],
  ): Promise<void> {
    if ((await this.datablocks.found(order.archiveId))?.state !== 'discarded') return;
    const reason = 'it was made by a worker that was overtaken, after it had been discarded';
    for (const share of targets)
      await this.copies.makeWay(share, order, reason, await markOf(share, order.archiveId));
  }

  private async makeAt(
    targets: readonly LongTermStorage[],
    order: ArchiveDatablockV1,
    context: WorkContext,
  ): Promise<StoredDatablock> {
    await assertWritable(targets);
    const packing = await this.packingOf(order, context, targets.length);
    const { archiveId } = order;
    const { packedSize } = packing;
    await this.copies.assertRoom(targets, { archiveId, packedSize });
    const [first, ...others] = targets as [LongTermStorage, ...LongTermStorage[]];
    const { manifest, reference, verified, verifiedAt } = await this.copies.first(first, packing);
    crashPoint('archiver.after-verification');
    const copies: StoredCopy[] = [{ share: first.name, verifiedAt }];
    for (const share of others) copies.push(await this.copies.further(first, share, verified, packing));
    const made: MadeFile[] = [];
    for (const share of targets) made.push({ share, mark: await markOf(share, archiveId) });
    const read = await this.readVersions(order, manifest.members, made);
    await this.refuseOverwritten(order, read?.lines ?? [], made, context.signal);
    const stored: StoredDatablock = {
      _id: order.archiveId,
      pid: order.pid,
      jobId: order.jobId,
      filesSha256: order.files.sha256,
      fileCount: packing.members.length,
      size: packing.members.reduce((sum, member) => sum + member.size, 0),
      packedSize: verified.packedSize,
      sha256: verified.sha256,
      manifest: reference,
      ...(read === undefined ? {} : { originals: read.reference }),
      source: order.source,
      copies,
      asked: order.copies,
      state: 'verified',
    };
    context.signal.throwIfAborted();
    await this.record(stored);
    return stored;
  }

  private async packingOf(order: ArchiveDatablockV1, context: WorkContext, copies: number): Promise<Packing> {
    const versions = new ReadVersions();
    const files = await this.lists.linesOf<FileLine>(order.files);
    const members = await this.originals.members(order.pid, order.source, files, versions);
    const identity = { pid: order.pid, archiveId: order.archiveId, jobId: order.jobId };
    const packedSize = packedSizeOf(identity, members);
    const meter = new Meter(context, packedSize, copies);
    return { order, identity, members, packedSize, versions, context, meter };
  }

  /** A tar of the landing zone without the list of what was read for it can prove nothing later: it is made anew. */
  private async readVersions(
    order: ArchiveDatablockV1,
    members: readonly ManifestMember[],
    made: readonly MadeFile[],
  ): ReturnType<DatablockLists['originalsOf']> {
    if (order.source.kind !== 'landing-zone') return undefined;
    const read = await this.lists.originalsOf(order.archiveId, members);
    if (read !== undefined) return read;
    await this.takeAway(order, made, 'nobody knows which versions of its originals it holds');
    throw new TransientError(
      'archiver.versions-unknown',
      `Expected the list of what was read for ${order.archiveId} in the control bucket, found none or that of another try: it is packed again.`,
    );
  }

  /**
   * An upload by an older link may have replaced an original while it was packed. Then the tape holds what nobody wants
   * any more, and the new version must be neither forgotten nor released.
   */
  private async refuseOverwritten(
    order: ArchiveDatablockV1,
    lines: readonly OriginalLine[],
    made: readonly MadeFile[],
    signal: AbortSignal,
  ): Promise<void> {
    if (lines.length === 0) return;
    const prefixes = this.originals.prefixesOf(order.pid, order.source);
    const changed = await this.lists.changedSince(prefixes, lines, signal);
    if (changed.length === 0) return;
    await this.takeAway(order, made, 'originals were overwritten while they were packed');
    throw new PermanentError(
      'datablock.member-changed',
      `Expected the originals of ${order.archiveId} to stay as they were read, found ${changed.length} overwritten or removed meanwhile: ${changed.slice(0, 5).join(', ')}. Nothing was archived or released; post the job again when all uploads have ended.`,
      { details: { archiveId: order.archiveId, changed: changed.slice(0, 20) } },
    );
  }

  /** What this try has made. A later one that has recorded the datablock answers for its files, which may be the same. */
  private async takeAway(
    order: ArchiveDatablockV1,
    made: readonly MadeFile[],
    reason: string,
  ): Promise<void> {
    if ((await this.datablocks.verified(order.archiveId)) !== undefined) throw overtaken(order.archiveId);
    for (const { share, mark } of made) await this.copies.makeWay(share, order, reason, mark);
  }

  /** A later try may have recorded it, and its copies may have moved since; or a cancelled order left a mark of its own there, which a worker that was overtaken must not paint over. */
  private async record(stored: StoredDatablock): Promise<void> {
    if (!(await this.datablocks.record(stored))) throw overtaken(stored._id);
  }
}

/** A file that a try has made, as it saw it. */
interface MadeFile {
  readonly share: LongTermStorage;
  readonly mark: string | undefined;
}

function overtaken(archiveId: string): TransientError {
  return new TransientError(
    'archiver.lease-lost',
    `Expected to decide about ${archiveId}, found that another worker has discarded it, or recorded it, since.`,
  );
}
