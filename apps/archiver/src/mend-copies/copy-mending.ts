import { Inject, Injectable } from '@nestjs/common';
import { checksumOf, codeOf, crashPoint, idFromName, isRetriable, messageOf, PermanentError } from '#kernel';
import type { LongTermStorage, LongTermWriter } from '#long-term-storage';
import { ConfigToken, SharesToken, type ArchiverConfig } from '../archiver.config.js';
import { watched } from '../check-copies/copy-check.js';
import type { WorkContext } from '../domain/work.js';
import { CopyRecords } from '../persistence/copy-records.js';
import type { StoredCopy, StoredDatablock } from '../persistence/records.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { copiesChanged, isDamage, isMissing, notYetThere, readBack } from '../persistence/stored-copies.js';
import { SetAside } from '../set-aside/set-aside.js';
import { fileChanged, markOf } from './file-marks.js';
import type { Passes } from './passes.js';

/** Who makes a copy. */
interface Maker {
  readonly workOrderId: string;
  readonly jobId: string;
}

/** A copy that is to be made. */
export interface Mending {
  readonly order: Maker;
  readonly datablock: StoredDatablock;
  /** What it may be made from, in the order in which they are tried. */
  readonly sources: readonly StoredCopy[];
  readonly to: LongTermStorage;
  readonly context: WorkContext;
  readonly passes: Passes;
  /** Called once the new bytes are all there and proven: only then anything is touched. */
  readonly makeWay: () => Promise<void>;
}

/** What lies in the way of a copy. */
export interface InTheWay {
  readonly share: LongTermStorage;
  /** As it was read; undefined: there was no file. */
  readonly mark: string | undefined;
  readonly reason: string;
  /** The target of the copy that takes its place. */
  readonly replacedBy: string;
  readonly sha256?: string;
}

/** Makes a copy of a datablock from one that proves good: by reading all of it, whatever its record says. */
@Injectable()
export class CopyMending {
  constructor(
    private readonly asides: SetAside,
    private readonly records: CopyRecords,
    private readonly orders: WorkOrders,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /**
   * The copy lies under its name, and was read back, when this ends; its record is still to be written.
   *
   * @returns what tells the file that was read back from any other
   * @throws PermanentError `archiver.no-good-copy`, before anything was touched; `archiver.copy-damaged`
   */
  async write(mending: Mending): Promise<string | undefined> {
    const { datablock, to, context, makeWay } = mending;
    await this.assertReady(datablock, to);
    const writer = await this.staged(mending);
    try {
      context.signal.throwIfAborted();
      await makeWay();
      crashPoint('archiver.mend-way-made');
      context.signal.throwIfAborted();
      await this.publish(writer, mending);
      crashPoint('archiver.mend-written');
    } finally {
      await writer.discard();
    }
    return this.readBack(mending);
  }

  /** What tells the files that tries of this order gave their name on the target. */
  async publishedBy({ workOrderId }: Maker, name: string): Promise<readonly string[]> {
    const files = await this.orders.publishedBy(workOrderId);
    return files.filter(({ share }) => share === name).map(({ mark }) => mark);
  }

  /** Whether a copy can be written there now: asked also before anything is read for it. @throws TransientError as a writer would */
  async assertReady({ _id: name, packedSize }: StoredDatablock, to: LongTermStorage): Promise<void> {
    await to.assertWritable();
    await to.removePartials(name);
    await to.ensureRoom(packedSize, this.reserveOf(to));
  }

  /** Sets aside exactly the file that was read. @throws TransientError `archiver.copy-changed` */
  async setAside(
    { _id: archiveId, pid }: StoredDatablock,
    { workOrderId, jobId }: Maker,
    { share, mark, ...why }: InTheWay,
  ): Promise<void> {
    if ((await markOf(share, archiveId)) !== mark) throw fileChanged(share, archiveId);
    if (mark !== undefined) await this.asides.from(share, { archiveId, pid, jobId, workOrderId, ...why });
  }

  /** Sets aside a copy that was made, and that no record lists. @param isDiscarded the whole datablock was, meanwhile */
  async takeBack(
    { _id: archiveId, pid }: StoredDatablock,
    { workOrderId, jobId }: Maker,
    name: string,
    isDiscarded: boolean,
  ): Promise<void> {
    const share = this.shares.find((one) => one.name === name);
    if (share === undefined) return;
    const reason = 'it was made while its datablock was moved or discarded';
    // What becomes of it is decided as of the others of a dataset that was reset.
    const how = isDiscarded ? { reset: true as const } : { replacedBy: name };
    await this.asides.from(share, { archiveId, pid, jobId, workOrderId, reason, ...how });
  }

  /** All bytes of a copy that proved good as they were read, not visible yet. */
  private async staged(mending: Mending): Promise<LongTermWriter> {
    const { datablock, sources, to, context, order } = mending;
    const token = `${context.epoch}-${idFromName(order.workOrderId)}`;
    const faults: string[] = [];
    for (const copy of sources) {
      const from = this.shares.find(({ name }) => name === copy.share);
      if (from === undefined) continue;
      const writer = await to.create(datablock._id, token, {
        ...{ size: datablock.packedSize, signal: context.signal },
      });
      const fault = await this.fill(writer, from, copy, mending).catch(async (error: unknown) => {
        await writer.discard();
        throw error;
      });
      if (fault === undefined) return writer;
      await writer.discard();
      faults.push(`on ${copy.share}: ${fault}`);
    }
    throw noGoodCopy(datablock._id, faults, `No file on ${to.name} was touched.`);
  }

  /** @returns what is wrong with the copy that was read */
  private async fill(
    writer: LongTermWriter,
    from: LongTermStorage,
    copy: StoredCopy,
    { datablock: { _id, sha256 }, context, passes }: Mending,
  ): Promise<string | undefined> {
    const shown = (count: number): void => passes.show('packing', count);
    const source = new SourceBytes(() => from.read(_id, { fresh: true, signal: context.signal }));
    try {
      const read = await checksumOf(written(watched(source.bytes(), context, shown), writer));
      passes.end();
      if (read.sha256 === sha256) return undefined;
      const found = `expected SHA-256 ${sha256}, read ${read.sha256} (${read.bytes} bytes)`;
      await this.records.damaged(_id, copy, found);
      return found;
    } catch (error) {
      // What the new place says, and what may pass, says nothing of this copy.
      if (context.signal.aborted || error !== source.fault || isRetriable(error)) throw error;
      if (isMissing(error)) await this.assertGone(_id, copy, error);
      if (isDamage(error)) await this.records.damaged(_id, copy, messageOf(error));
      return messageOf(error);
    }
  }

  /** @throws TransientError for one that was moved, or is not seen yet */
  private async assertGone(name: string, copy: StoredCopy, error: unknown): Promise<void> {
    if (!(await this.records.isListed(name, copy))) throw copiesChanged(name);
    if (this.records.isYoung(copy)) throw notYetThere(copy.share, name, error);
  }

  private async publish(writer: LongTermWriter, { datablock: { _id }, order, to }: Mending): Promise<void> {
    try {
      await writer.commit();
    } catch (error) {
      // Another one was faster.
      if (codeOf(error, '') === 'long-term-storage.already-exists') throw copiesChanged(_id);
      throw error;
    }
    const mark = await markOf(to, _id);
    if (mark !== undefined) await this.orders.keepPublished(order.workOrderId, { share: to.name, mark });
  }

  private async readBack({ datablock, to, context, passes, order }: Mending): Promise<string | undefined> {
    const { _id: name, sha256 } = datablock;
    const mark = await markOf(to, name);
    const bytes = await readBack(to, name, { fresh: true, signal: context.signal });
    const found = await checksumOf(watched(bytes, context, (count) => passes.show('verifying', count)));
    passes.end();
    if (found.sha256 === sha256) {
      if ((await markOf(to, name)) !== mark) throw fileChanged(to, name);
      return mark;
    }
    const reason = 'it was read back as other than it was written';
    await this.setAside(datablock, order, {
      share: to,
      mark,
      reason,
      replacedBy: to.name,
      sha256: found.sha256,
    });
    throw new PermanentError(
      'archiver.copy-damaged',
      `Expected the new copy of ${name} on ${to.name} with SHA-256 ${sha256}, read back ${found.sha256}: it was set aside. Check ${to.name}, then post the job again.`,
    );
  }

  private reserveOf({ name }: LongTermStorage): number {
    return this.config.targets?.find((target) => target.name === name)?.reserve ?? this.config.reserve;
  }
}

export function noGoodCopy(
  archiveId: string,
  faults: readonly string[],
  touched = 'Nothing was touched.',
): PermanentError {
  return new PermanentError(
    'archiver.no-good-copy',
    `Expected a copy of ${archiveId} that proves good, found none (${faults.join('; ') || 'no copy in reach'}). ${touched} Restore one from elsewhere, verify the dataset, then post the job again.`,
    { details: { archiveId } },
  );
}

async function* written(bytes: AsyncIterable<Buffer>, writer: LongTermWriter): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    await writer.write(chunk);
    yield chunk;
  }
}

/** Tells a fault of the copy that is read from one of the place that is written to. */
class SourceBytes {
  fault: unknown;

  constructor(private readonly open: () => Promise<AsyncIterable<Buffer>>) {}

  async *bytes(): AsyncGenerator<Buffer> {
    try {
      yield* await this.open();
    } catch (error) {
      this.fault = error;
      throw error;
    }
  }
}
