import type { DatablockMember } from '../member.js';
import type { DatablockSink } from '../chunked-sink.js';

/** A sink that keeps everything in memory. */
export class MemorySink implements DatablockSink {
  private readonly chunks: Buffer[] = [];
  private front = Buffer.alloc(0);
  readonly chunkSizes: number[] = [];

  write(chunk: Buffer): Promise<void> {
    this.chunks.push(Buffer.from(chunk));
    this.chunkSizes.push(chunk.length);
    return Promise.resolve();
  }

  writeAt(position: number, chunk: Buffer): Promise<void> {
    if (position !== 0) throw new Error(`Expected the front to be filled from 0, found ${position}.`);
    this.front = Buffer.from(chunk);
    return Promise.resolve();
  }

  bytes(): Buffer {
    const all = Buffer.concat(this.chunks);
    this.front.copy(all);
    return all;
  }
}

/** A member whose content is given, arriving in pieces. */
export function memberOf(
  path: string,
  content: string | Buffer,
  rest: Partial<DatablockMember> = {},
): DatablockMember {
  const bytes = Buffer.from(content);
  return {
    path,
    size: bytes.length,
    modifiedAt: new Date('2024-05-06T07:08:09.120Z'),
    open: () => Promise.resolve(inPieces(bytes, 65_536)),
    ...rest,
  };
}

export async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

/** Random numbers that are the same in every run: a failing test can be repeated. */
export class Dice {
  constructor(private state: number) {}

  /** 0 to `sides` - 1. */
  roll(sides: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * sides);
  }

  bytes(count: number): Buffer {
    const bytes = Buffer.alloc(count);
    for (let index = 0; index < count; index += 1) bytes[index] = this.roll(256);
    return bytes;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.roll(choices.length)] as T;
  }
}
