import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { datablockArchivedV1, type ArchiveDatablockV1, type ObjectReference } from '#contracts';
import {
  manifestToJson,
  packedSizeOf,
  parseManifest,
  readManifest,
  verifyDatablock,
  writeDatablock,
  type DatablockManifest,
  type DatablockMember,
} from '#datablock';
import { Clock, PermanentError, crashPoint } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { eventRow, type OutboxRow } from '#outbox';
import { ObjectStore } from '#storage';
import type { ArchiverConfig } from '../archiver.config.js';
import { ConfigToken, SharesToken } from '../archiver.tokens.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import type { StoredDatablock } from '../persistence/records.js';
import type { WorkContext } from '../run-work/work-context.js';
import { Originals } from './originals.js';
import { copyDatablock } from './copy-datablock.js';
import { Meter } from './meter.js';

/**
 * Packs, stores, reads back, compares, and only then says "archived". Safe to repeat from any point: names are
 * deterministic, a finished tar under its name is verified instead of written again, and unverified means unreported.
 */
@Injectable()
export class ArchiveDatablockHandler {
  constructor(
    private readonly store: ArchiverStore,
    private readonly objects: ObjectStore,
    private readonly originals: Originals,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  async handle(order: ArchiveDatablockV1, context: WorkContext): Promise<OutboxRow> {
    const known = await this.store.datablocks.findOne({ _id: order.archiveId, state: 'verified' });
    return this.report(order, known ?? (await this.archive(order, context)));
  }

  private async archive(order: ArchiveDatablockV1, context: WorkContext): Promise<StoredDatablock> {
    const targets = this.shares.slice(0, order.copies);
    if (targets.length < order.copies) {
      throw new PermanentError(
        'archiver.too-few-shares',
        `Expected ${order.copies} shares for ${order.copies} copies, found ${targets.length} in LTS_ROOTS. Configure more shares or fewer copies.`,
      );
    }
    const files = await this.originals.list(order.files);
    const members = await this.originals.members(order.source, files);
    const identity = { pid: order.pid, archiveId: order.archiveId, jobId: order.jobId };
    const packedSize = packedSizeOf(identity, members);
    const meter = new Meter(context, packedSize, targets.length);

    const [first, ...others] = targets as [LongTermStorage, ...LongTermStorage[]];
    const manifest =
      (await this.finishedBefore(first, order, members)) ??
      (await this.write(first, order, identity, members, packedSize, context, meter));
    meter.next('verifying');
    const verified = await verifyDatablock(
      meter.watch(await first.read(order.archiveId, { fresh: true, signal: context.signal }), context.signal),
      manifest,
    );
    crashPoint('archiver.after-verification');
    for (const share of others)
      await copyDatablock({
        from: first,
        to: share,
        name: order.archiveId,
        verified,
        reserve: this.config.reserve,
        context,
        meter,
      });

    const reference = await this.keepManifest(order.archiveId, manifest);
    const stored: StoredDatablock = {
      _id: order.archiveId,
      pid: order.pid,
      jobId: order.jobId,
      filesSha256: order.files.sha256,
      fileCount: members.length,
      size: members.reduce((sum, member) => sum + member.size, 0),
      packedSize: verified.packedSize,
      sha256: verified.sha256,
      manifest: reference,
      copies: targets.map((share) => ({ share: share.name, verifiedAt: this.clock.now() })),
      state: 'verified',
    };
    context.signal.throwIfAborted();
    const { _id, ...fields } = stored;
    await this.store.datablocks.updateOne({ _id }, { $set: fields }, { upsert: true });
    return stored;
  }

  /** A crash after the tar got its name: its manifest is good if it lists exactly the wanted files; verification decides the rest. */
  private async finishedBefore(
    share: LongTermStorage,
    { archiveId }: ArchiveDatablockV1,
    members: readonly DatablockMember[],
  ): Promise<DatablockManifest | undefined> {
    // A crash may have left the name both finished and under its partial one.
    await share.removePartials(archiveId);
    if ((await share.stat(archiveId)) === undefined) return undefined;
    try {
      const manifest = await readManifest(await share.read(archiveId));
      const wanted = new Map(members.map((member) => [member.path, member]));
      const same =
        manifest.members.length === wanted.size &&
        manifest.members.every(({ path, size, sha256 }) => {
          const member = wanted.get(path);
          return (
            member?.size === size && (member.expectedSha256 === undefined || member.expectedSha256 === sha256)
          );
        });
      if (same) {
        await verifyDatablock(await share.read(archiveId, { fresh: true }), manifest);
        return manifest;
      }
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
    }
    // The name belongs to this work order alone, and nobody was ever told of what lies there.
    await share.remove(archiveId);
    return undefined;
  }

  private async write(
    share: LongTermStorage,
    { archiveId }: ArchiveDatablockV1,
    identity: Record<string, string>,
    members: readonly DatablockMember[],
    packedSize: number,
    context: WorkContext,
    meter: Meter,
  ): Promise<DatablockManifest> {
    await share.ensureRoom(packedSize, this.config.reserve);
    const writer = await share.create(archiveId, String(context.epoch));
    try {
      const { manifest } = await writeDatablock({
        identity,
        members,
        sink: writer,
        signal: context.signal,
        onProgress: ({ bytes }) => meter.show('packing', bytes),
      });
      context.signal.throwIfAborted();
      await writer.commit();
      return manifest;
    } finally {
      await writer.discard();
    }
  }

  private async keepManifest(archiveId: string, manifest: DatablockManifest): Promise<ObjectReference> {
    const body = Buffer.from(manifestToJson(manifest));
    parseManifest(body.toString('utf8'));
    const bucket = this.config.controlBucket;
    const key = `manifests/${archiveId}.json`;
    await this.objects.put(bucket, key, body, { size: body.length, contentType: 'application/json' });
    return { bucket, key, size: body.length, sha256: createHash('sha256').update(body).digest('hex') };
  }

  private report(
    { workOrderId, jobId, pid, archiveId }: ArchiveDatablockV1,
    stored: StoredDatablock,
  ): OutboxRow {
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
      },
      { subject: workOrderId, partitionKey: workOrderId, sequence: 9 },
      this.clock.now(),
    );
  }
}
