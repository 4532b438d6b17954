import type { VerifiedDatablock } from '#datablock';
import { PermanentError, checksumOf } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import type { WorkContext } from '../domain/work.js';
import { markOf } from '../mend-copies/file-marks.js';
import { readBack } from '../persistence/stored-copies.js';
import type { Meter } from './meter.js';

export interface CopyOptions {
  readonly from: LongTermStorage;
  readonly to: LongTermStorage;
  readonly name: string;
  readonly verified: VerifiedDatablock;
  /** Bytes that stay free on the target. */
  readonly reserve: number;
  readonly context: WorkContext;
  readonly meter: Meter;
  /** Takes the file with this mark, and no other one of its name, out of the way. */
  readonly makeWay: (mark: string | undefined) => Promise<void>;
  /** Told before the copy is read back, and before one that is there is looked at. */
  readonly beforeReading?: () => Promise<void>;
}

/** Makes a further copy from a verified one, and reads it back as well. A good copy that is there already stays. */
export async function copyDatablock({
  from,
  to,
  name,
  verified,
  reserve,
  context,
  meter,
  makeWay,
  beforeReading = () => Promise.resolve(),
}: CopyOptions): Promise<void> {
  meter.next('packing');
  await beforeReading();
  let mark = await markOf(to, name);
  const isThere = await isGood(to, name, verified, context.signal);
  if (!isThere) {
    await makeWay(mark);
    await to.removePartials(name);
    await to.ensureRoom(verified.packedSize, reserve);
    const writer = await to.create(name, String(context.epoch), {
      ...{ size: verified.packedSize, signal: context.signal },
    });
    try {
      let bytes = 0;
      for await (const chunk of (await from.read(name, {
        signal: context.signal,
      })) as AsyncIterable<Buffer>) {
        context.signal.throwIfAborted();
        await writer.write(chunk);
        meter.show('packing', (bytes += chunk.length));
      }
      await writer.commit();
    } finally {
      await writer.discard();
    }
  }
  meter.next('verifying');
  // A good one was read a moment ago to say so: a tape need not turn twice.
  if (isThere) return;
  await beforeReading();
  mark = await markOf(to, name);
  const found = await checksumOf(
    meter.watch(await readBack(to, name, { fresh: true, signal: context.signal }), context.signal),
  );
  if (found.sha256 !== verified.sha256) {
    await makeWay(mark);
    throw new PermanentError(
      'archiver.copy-damaged',
      `Expected the copy of ${name} on ${to.name} with SHA-256 ${verified.sha256}, read back ${found.sha256}. Check the share ${to.name}.`,
    );
  }
}

async function isGood(
  share: LongTermStorage,
  name: string,
  verified: VerifiedDatablock,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await share.stat(name);
  if (found?.size !== verified.packedSize) return false;
  return (await checksumOf(await share.read(name, { fresh: true, signal }))).sha256 === verified.sha256;
}
