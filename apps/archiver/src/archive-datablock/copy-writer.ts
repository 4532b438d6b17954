import { Inject, Injectable } from '@nestjs/common';
import type { ArchiveDatablockV1 } from '#contracts';
import {
  readManifest,
  verifyDatablock,
  writeDatablock,
  type DatablockManifest,
  type DatablockMember,
  type VerifiedDatablock,
} from '#datablock';
import { PermanentError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import { fileChanged, markOf } from '../mend-copies/file-marks.js';
import { SetAside } from '../set-aside/set-aside.js';
import { copyDatablock } from './copy-datablock.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import type { Meter } from './meter.js';
import type { ReadVersions } from '../originals/read-versions.js';

/** Everything that makes one tar. */
export interface Packing {
  readonly order: ArchiveDatablockV1;
  readonly identity: Readonly<Record<string, string>>;
  readonly members: readonly DatablockMember[];
  readonly packedSize: number;
  readonly versions: ReadVersions;
  readonly context: WorkContext;
  readonly meter: Meter;
}

export interface FirstCopy {
  readonly manifest: DatablockManifest;
  readonly verified?: VerifiedDatablock;
}

/** Writes copies of a datablock: the first one from the originals, others from a verified one. */
@Injectable()
export class CopyWriter {
  constructor(
    private readonly lists: DatablockLists,
    private readonly asides: SetAside,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /**
   * The first copy; one that an earlier try finished is used if it is what is wanted.
   *
   * @returns `verified` of one that was read to find that out; any other is still to be verified
   */
  async first(share: LongTermStorage, packing: Packing): Promise<FirstCopy> {
    return (await this.finishedBefore(share, packing)) ?? { manifest: await this.write(share, packing) };
  }

  async further(
    from: LongTermStorage,
    to: LongTermStorage,
    verified: VerifiedDatablock,
    { order, context, meter }: Pick<Packing, 'order' | 'context' | 'meter'>,
    beforeReading?: () => Promise<void>,
  ): Promise<void> {
    await copyDatablock({
      ...{ from, to, name: order.archiveId, verified, reserve: this.reserveOf(to), context, meter },
      makeWay: (mark) => this.makeWay(to, order, 'another copy was expected under its name', mark),
      ...(beforeReading === undefined ? {} : { beforeReading }),
    });
  }

  /**
   * The file that was looked at is out of the way afterwards, and can be brought back for a while: that very file, for a worker that
   * was overtaken meanwhile would set its successor's aside.
   *
   * @param mark of the file that was looked at; undefined: there was none
   * @throws TransientError `archiver.copy-changed`
   */
  async makeWay(
    share: LongTermStorage,
    order: ArchiveDatablockV1,
    reason: string,
    mark: string | undefined,
  ): Promise<void> {
    const { archiveId, pid, jobId, workOrderId } = order;
    if ((await markOf(share, archiveId)) !== mark) throw fileChanged(share, archiveId);
    if (mark !== undefined) await this.asides.from(share, { archiveId, pid, jobId, workOrderId, reason });
  }

  /** A crash after the tar got its name: its manifest is good if it lists exactly the wanted files; verification decides the rest. */
  private async finishedBefore(
    share: LongTermStorage,
    { order, members, context, meter }: Packing,
  ): Promise<FirstCopy | undefined> {
    const { signal } = context;
    const { archiveId } = order;
    // A crash may have left the name both finished and under its partial one.
    await share.removePartials(archiveId);
    const mark = await markOf(share, archiveId);
    if (mark === undefined) return undefined;
    try {
      const manifest = await readManifest(await share.read(archiveId, { signal }));
      if (areWanted(manifest, members)) {
        const whole = await share.read(archiveId, { fresh: true, signal });
        const verified = await verifyDatablock(meter.watch(whole as AsyncIterable<Buffer>, signal), manifest);
        return { manifest, verified };
      }
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
    }
    // The name belongs to this work order alone; but a database may have been lost, and a tape is worth a second look.
    await this.makeWay(share, order, 'other content was expected under its name', mark);
    return undefined;
  }

  /** Bytes that stay free there. */
  reserveOf({ name }: LongTermStorage): number {
    return this.config.targets?.find((target) => target.name === name)?.reserve ?? this.config.reserve;
  }

  private async write(
    share: LongTermStorage,
    { order: { archiveId }, identity, members, packedSize, versions, context, meter }: Packing,
  ): Promise<DatablockManifest> {
    await share.ensureRoom(packedSize, this.reserveOf(share));
    const writer = await share.create(archiveId, String(context.epoch), {
      ...{ size: packedSize, signal: context.signal },
    });
    try {
      const { manifest } = await writeDatablock({
        identity,
        members,
        sink: writer,
        signal: context.signal,
        onProgress: ({ bytes }) => meter.show('packing', bytes),
      });
      context.signal.throwIfAborted();
      // Before the tar has its name: who finds it there finds what was read for it, too.
      await this.lists.keepOriginals(archiveId, versions.linesFor(manifest.members));
      await writer.commit();
      return manifest;
    } finally {
      await writer.discard();
    }
  }
}

/** Whether a manifest lists exactly the wanted files. */
export function areWanted(
  { members: found }: DatablockManifest,
  members: readonly DatablockMember[],
): boolean {
  const wanted = new Map(members.map((member) => [member.path, member]));
  return (
    found.length === wanted.size &&
    found.every(({ path, size, sha256 }) => {
      const member = wanted.get(path);
      return (
        member?.size === size && (member.expectedSha256 === undefined || member.expectedSha256 === sha256)
      );
    })
  );
}
