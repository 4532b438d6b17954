import { Inject, Injectable } from '@nestjs/common';
import {
  datablockArchivedV1,
  type ArchiveDatablockV1,
  type FileLine,
  type archiveDatablockV1,
} from '#contracts';
import { packedSizeOf, type ManifestMember } from '#datablock';
import { Clock, PermanentError, TransientError, crashPoint } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { eventRow, type AnswerRow } from '#outbox';
import { SharesToken } from '../archiver.config.js';
import { targetAway } from '../domain/missing-targets.js';
import { TargetNames } from '../domain/target-names.js';
import { refuseForeign, refuseForeignName } from '../domain/own-datablock.js';
import { isDamaged } from '../persistence/stored-copies.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredCopy, StoredDatablock } from '../persistence/records.js';
import type { WorkContext } from '../domain/work.js';
import { CopyWriter, type Packing } from './copy-writer.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import { Meter } from './meter.js';
import { MissingCopies } from './missing-copies.js';
import { ProvenCopies } from './proven-copies.js';
import { assertRoom, assertWritable } from './targets-ready.js';
import { Originals } from '../originals/originals.js';
import { ReadVersions, type OriginalLine } from '../originals/read-versions.js';

/**
 * Packs, stores, reads back, compares, and only then says "archived". Safe to repeat from any point: names are
 * deterministic, a finished tar under its name is verified instead of written again, and unverified means unreported.
 */
@Injectable()
export class ArchiveDatablockHandler {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly lists: DatablockLists,
    private readonly originals: Originals,
    private readonly writer: CopyWriter,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    private readonly copies: ProvenCopies,
    private readonly missing: MissingCopies,
    private readonly names: TargetNames = new TargetNames(),
  ) {}

  async handle(
    order: ArchiveDatablockV1,
    context: WorkContext,
  ): Promise<AnswerRow<typeof archiveDatablockV1>> {
    // Orders from before 0.2 have names of then: what was verified under one is reported, nothing new is made.
    const known = await this.datablocks.verified(order.archiveId);
    if (known === undefined) refuseForeignName(order);
    else refuseForeign(known, order);
    if (known?.copies.some(isDamaged) === true)
      throw new PermanentError(
        'archiver.copy-damaged',
        `Expected good copies of ${order.archiveId}, which was archived before, found that one was damaged since. Restore it from a good copy and verify the dataset.`,
      );
    return this.report(
      order,
      known === undefined
        ? await this.archive(order, context)
        : await this.missing.make(known, order, context, (count, without) =>
            this.targetsOf(order, count, without),
          ),
    );
  }

  private async archive(order: ArchiveDatablockV1, context: WorkContext): Promise<StoredDatablock> {
    const targets = this.targetsOf(order);
    await assertWritable(targets);
    const packing = await this.packingOf(order, context, targets.length);
    const { archiveId } = order;
    const { packedSize } = packing;
    await assertRoom(targets, { archiveId, packedSize }, (share) => this.writer.reserveOf(share));
    const [first, ...others] = targets as [LongTermStorage, ...LongTermStorage[]];
    const { manifest, reference, verified, verifiedAt } = await this.copies.first(first, packing);
    crashPoint('archiver.after-verification');
    const copies: StoredCopy[] = [{ share: first.name, verifiedAt }];
    for (const share of others) copies.push(await this.copies.further(first, share, verified, packing));
    const read = await this.readVersions(order, manifest.members, targets);
    await this.refuseOverwritten(order, read?.lines ?? [], targets, context.signal);
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

  /** @param without names of those that have a copy already */
  private targetsOf(
    { archiveId, copies, targets: named }: ArchiveDatablockV1,
    count = copies,
    without: readonly string[] = [],
  ): readonly LongTermStorage[] {
    const all = named === undefined ? this.shares : this.named(archiveId, named);
    const targets = all.filter(({ name }) => !without.includes(name)).slice(0, count);
    if (targets.length === count) return targets;
    // Another archiver may have more of them.
    if (named === undefined && this.names.hasOthers(this.shares.map(({ name }) => name)))
      throw targetAway(
        archiveId,
        [`${count - targets.length} more targets`],
        this.shares.map(({ name }) => name),
      );
    throw new PermanentError(
      'archiver.too-few-shares',
      `Expected ${count} shares for ${count} copies, found ${targets.length} (LTS_ROOTS, or the targets of the order). Configure more of them, or fewer copies.`,
    );
  }

  /** In the order of the command. @throws TransientError `archiver.target-away` */
  private named(archiveId: string, names: readonly string[]): readonly LongTermStorage[] {
    const found = names.map((name) => this.shares.find((share) => share.name === this.names.nameOf(name)));
    const missing = names.filter((_, index) => found[index] === undefined);
    if (missing.length === 0) return found as LongTermStorage[];
    throw targetAway(
      archiveId,
      missing,
      this.shares.map(({ name }) => name),
    );
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
    targets: readonly LongTermStorage[],
  ): ReturnType<DatablockLists['originalsOf']> {
    if (order.source.kind !== 'landing-zone') return undefined;
    const read = await this.lists.originalsOf(order.archiveId, members);
    if (read !== undefined) return read;
    for (const share of targets)
      await this.writer.makeWay(share, order, 'nobody knows which versions of its originals it holds');
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
    targets: readonly LongTermStorage[],
    signal: AbortSignal,
  ): Promise<void> {
    if (lines.length === 0) return;
    const prefixes = this.originals.prefixesOf(order.pid, order.source);
    const changed = await this.lists.changedSince(prefixes, lines, signal);
    if (changed.length === 0) return;
    for (const share of targets)
      await this.writer.makeWay(share, order, 'originals were overwritten while they were packed');
    throw new PermanentError(
      'datablock.member-changed',
      `Expected the originals of ${order.archiveId} to stay as they were read, found ${changed.length} overwritten or removed meanwhile: ${changed.slice(0, 5).join(', ')}. Nothing was archived or released; post the job again when all uploads have ended.`,
      { details: { archiveId: order.archiveId, changed: changed.slice(0, 20) } },
    );
  }

  /** A cancelled order left a mark of its own there, which a worker that was overtaken must not paint over. */
  private async record(stored: StoredDatablock): Promise<void> {
    if (await this.datablocks.record(stored)) return;
    throw new TransientError(
      'archiver.lease-lost',
      `Expected to record ${stored._id}, found it discarded by another worker.`,
    );
  }

  private report(
    { workOrderId, jobId, pid, archiveId }: ArchiveDatablockV1,
    stored: StoredDatablock,
  ): AnswerRow<typeof archiveDatablockV1> {
    const { size, packedSize, fileCount, sha256, manifest } = stored;
    return eventRow(
      datablockArchivedV1,
      {
        workOrderId,
        jobId,
        pid,
        archiveId,
        size,
        packedSize,
        fileCount,
        sha256,
        copies: stored.copies.length,
        manifest,
        ...targetsOf(stored),
      },
      this.clock.now(),
    );
  }
}

/** Where copies lie, where their storages have names of ROUTES_FILE: items of LTS_ROOTS are nobody else's business. */
function targetsOf({ copies }: StoredDatablock): { targets?: string[] } {
  const names = copies.map(({ share }) => share);
  return names.every((name) => /^[a-z0-9-]{1,40}$/.test(name)) ? { targets: names } : {};
}
