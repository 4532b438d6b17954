import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChunkedSink } from './chunked-sink.js';
import { Interruption } from './interruption.js';
import { Dice } from './testing/memory-tar.js';

const mebibyte = 2 ** 20;

/** What arrives, where a write ends only some time later, as long as its memory may not be used. */
class SlowSink {
  readonly chunks: Buffer[] = [];
  readonly writes: number[] = [];
  private underWay = 0;

  async write(chunk: Buffer): Promise<void> {
    await this.take([chunk]);
  }

  protected async take(pieces: readonly Buffer[]): Promise<void> {
    assert.equal(++this.underWay, 1, 'calls never overlap');
    await new Promise(setImmediate);
    for (const piece of pieces) this.chunks.push(Buffer.from(piece));
    this.writes.push(pieces.reduce((sum, { length }) => sum + length, 0));
    this.underWay -= 1;
  }

  writeAt(): Promise<void> {
    return Promise.resolve();
  }
}

class SlowPieces extends SlowSink {
  most = 0;

  async writePieces(pieces: readonly Buffer[]): Promise<void> {
    this.most = Math.max(this.most, pieces.length);
    await this.take(pieces);
  }
}

describe('A chunked sink', () => {
  for (const kind of [SlowSink, SlowPieces])
    it(`keeps every byte in its place, whatever comes in what sizes: ${kind.name}`, async () => {
      for (let seed = 1; seed <= 8; seed += 1) {
        const [dice, sink, expected] = [new Dice(seed), new kind(), [] as Buffer[]];
        let told = 0;
        const out = new ChunkedSink(sink, new Interruption(undefined), (bytes) => (told = bytes));
        for (let index = 0; index < 120; index += 1) {
          const size = [dice.roll(600), dice.roll(40_000), dice.roll(90_000), dice.roll(3 * mebibyte)];
          const bytes = Buffer.alloc(size[dice.roll(20) === 0 ? 3 : dice.roll(3)]!, index + 1);
          if (dice.roll(9) === 0) {
            expected.push(Buffer.alloc(1000));
            await out.writeZeros(1000);
          }
          expected.push(Buffer.from(bytes));
          if (dice.roll(2) === 0 || !out.takes(bytes)) await out.write(bytes);
          assert.equal(
            out.position,
            expected.reduce((sum, { length }) => sum + length, 0),
          );
        }
        await out.flush();
        assert.ok(Buffer.concat(sink.chunks).equals(Buffer.concat(expected)), `seed ${seed}`);
        assert.equal(told, out.position);
      }
    });

  it('copies no piece of a network read, where the sink takes pieces, and makes no more calls', async () => {
    const sink = new SlowPieces();
    const out = new ChunkedSink(sink, new Interruption(undefined), () => undefined);
    const piece = Buffer.alloc(65_536, 'x');
    const seen: Buffer[] = [];
    const { writePieces } = sink;
    sink.writePieces = (pieces) => {
      seen.push(...pieces);
      return writePieces.call(sink, pieces);
    };
    for (let index = 0; index < 64; index += 1) await out.write(piece);
    await out.flush();
    assert.deepEqual(sink.writes, [mebibyte, mebibyte, mebibyte, mebibyte]);
    assert.ok(seen.every((found) => found.buffer === piece.buffer));
    assert.equal(sink.most, 16);
  });
});
