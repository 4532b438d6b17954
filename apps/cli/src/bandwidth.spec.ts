import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { Bandwidth } from './bandwidth.js';

const { signal } = new AbortController();

describe('A bandwidth', () => {
  it('lets bytes wait until those before them have gone, whoever sends them', () => {
    const clock = new ManualClock();
    const bandwidth = new Bandwidth(1000, signal, clock);
    assert.deepEqual(
      [500, 1000, 1].map((bytes) => bandwidth.reserve(bytes)),
      [0, 500, 1500],
    );
    clock.advance(5000);
    assert.equal(bandwidth.reserve(1), 0, 'time that nobody used is gone');
    assert.equal(bandwidth.reserve(1), 1);
  });

  it('without a limit lets nothing wait', () => {
    const bandwidth = new Bandwidth(undefined, signal);
    assert.deepEqual(
      [1e12, 1e12].map((bytes) => bandwidth.reserve(bytes)),
      [0, 0],
    );
  });

  it('changes no byte and no order, and begins no slice after an interruption', async () => {
    const chunks = [Buffer.alloc(100_000, 'a'), Buffer.from('b'), Buffer.alloc(0), Buffer.alloc(70_000, 'c')];
    const out: Buffer[] = [];
    for await (const slice of new Bandwidth(1e9, signal).paced(chunks)) out.push(slice);
    assert.ok(Buffer.concat(out).equals(Buffer.concat(chunks)));
    const interrupted = AbortSignal.abort(new Error('enough'));
    const slow = new Bandwidth(1, interrupted).paced([Buffer.alloc(2 * 64 * 1024)]);
    await assert.rejects(slow.next(), /enough/);
  });

  it('lets no lane be silent for long, however narrow it is', async () => {
    const narrowest = 1024;
    const lanes = 64;
    const first = await new Bandwidth(narrowest, signal).paced([Buffer.alloc(64 * 1024)]).next();
    const slice = (first.value as Buffer).length;
    const bandwidth = new Bandwidth(narrowest, signal, new ManualClock());
    const pauses = Array.from({ length: lanes + 1 }, () => bandwidth.reserve(slice));
    assert.ok(pauses.at(-1)! <= 30_000, `${pauses.at(-1)} ms; a transfer counts as broken after 120 s`);
  });
});
