import { bytesFrom, PermanentError } from '#kernel';
import type { LongTermStorage } from './long-term-storage.js';
import { PosixShare } from './posix/posix-share.adapter.js';
import { TapeSimulation } from './tape/tape-simulation.adapter.js';

const simulation = 'tape-simulation:';

/**
 * The storage that one item of LTS_ROOTS names: an absolute path, or `tape-simulation:<path>?drives=2&scale=0.001`. Its
 * name is the path: records of datablocks refer to it.
 *
 * @param marker see `PosixShareOptions`
 */
export function storageAt(item: string, marker?: string): LongTermStorage {
  if (!item.startsWith(simulation))
    return new PosixShare({ name: item, root: item, ...(marker === undefined ? {} : { marker }) });
  const { pathname, searchParams } = new URL(item);
  const root = decodeURIComponent(pathname);
  const number = (name: string): number | undefined => {
    const text = searchParams.get(name);
    if (text === null) return undefined;
    const value = Number(text);
    if (text !== '' && Number.isFinite(value) && value >= 0) return value;
    throw new PermanentError(
      'kernel.configuration',
      `Expected ${name} of ${simulation}${root} (LTS_ROOTS) to be a number, found ${JSON.stringify(text)}.`,
    );
  };
  const [drives, scale] = [number('drives'), number('scale')];
  const cartridge = searchParams.get('cartridge');
  return new TapeSimulation({
    name: root,
    root,
    ...(drives === undefined ? {} : { drives: Math.max(1, Math.floor(drives)) }),
    ...(scale === undefined ? {} : { scale }),
    ...(cartridge === null ? {} : { cartridgeBytes: bytesFrom(cartridge) }),
  });
}
