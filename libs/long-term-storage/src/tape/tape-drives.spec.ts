import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { TapeDrives, type TapeTiming } from './tape-drives.js';

const timing: TapeTiming = { carry: 10, load: 5, wind: 100 };

/** A library whose time stands still: what was waited for is written down. */
function library(drives: number): {
  drives: TapeDrives;
  waited: number[];
  read: (cartridge: string, start: number, signal?: AbortSignal) => Promise<() => void>;
} {
  const waited: number[] = [];
  const pause = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
    await turn();
    signal?.throwIfAborted();
    if (milliseconds > 0) waited.push(milliseconds);
  };
  const all = new TapeDrives(drives, timing, 1000, pause);
  return {
    drives: all,
    waited,
    read: (cartridge, start, signal) => all.take({ cartridge, start, end: start + 100 }, signal),
  };
}

describe('The drives of a tape library', () => {
  it('mount once, wind to the place, and go on from where they stopped', async () => {
    const { read, waited, drives } = library(1);
    (await read('A', 200))();
    assert.deepEqual(waited.splice(0), [15, 20]);
    (await read('A', 300))();
    assert.deepEqual(waited.splice(0), [], 'the tape stands there already');
    (await read('A', 0))();
    assert.deepEqual(waited.splice(0), [40]);
    (await read('B', 0))();
    assert.deepEqual(waited, [10 + 15, 15], 'rewound, unloaded and carried away first');
    assert.equal(drives.mounts, 2);
  });

  it('serve who needs the mounted cartridge first, in the order of the tape', async () => {
    const { read, drives } = library(1);
    const order: string[] = [];
    const serve = async (cartridge: string, start: number): Promise<void> => {
      const giveBack = await read(cartridge, start);
      order.push(`${cartridge}${start}`);
      await turn();
      giveBack();
    };
    await Promise.all([
      ...[serve('A', 500), serve('B', 0), serve('A', 900), serve('B', 300), serve('A', 700)],
      serve('A', 100),
    ]);
    assert.deepEqual(order, ['A500', 'A700', 'A900', 'A100', 'B0', 'B300']);
    assert.equal(drives.mounts, 2);
  });

  it('pass nobody over for ever', async () => {
    const { read } = library(1);
    let served = 0;
    const other = read('B', 0).then((giveBack) => {
      giveBack();
      return served;
    });
    const busy = async (): Promise<void> => {
      for (let index = 0; index < 40; index += 1) {
        const next = read('A', 0);
        await turn();
        (await next)();
        served += 1;
      }
    };
    const first = await read('A', 0);
    const all = [busy(), busy()];
    first();
    await Promise.all(all);
    assert.ok((await other) <= 25, `after ${await other} others`);
  });

  it('never have one cartridge in two drives', async () => {
    const { read, drives } = library(2);
    const [first, second] = [await read('A', 0), read('A', 500)];
    let got = false;
    void second.then(() => (got = true));
    for (let index = 0; index < 20; index += 1) await turn();
    assert.equal(got, false, 'the other drive is idle, but A is in the first');
    (await read('B', 0))();
    first();
    (await second)();
    assert.equal(drives.mounts, 2);
  });

  it('let go of who no longer wants to wait, in the queue and under way', async () => {
    const { read } = library(1);
    const first = await read('A', 0);
    const [queued, moving] = [new AbortController(), new AbortController()];
    const waiting = assert.rejects(read('A', 100, queued.signal), /enough/);
    queued.abort(new Error('enough'));
    await waiting;
    const under = assert.rejects(read('B', 100, moving.signal), /stop/);
    first();
    await turn();
    moving.abort(new Error('stop'));
    await under;
    (await read('A', 0))();
    await assert.rejects(read('A', 0, AbortSignal.abort(new Error('before'))), /before/);
  });

  it('take back what is given back twice once', async () => {
    const { read } = library(1);
    const giveBack = await read('A', 0);
    giveBack();
    const next = await read('A', 100);
    giveBack();
    let got = false;
    void read('A', 200).then(() => (got = true));
    for (let index = 0; index < 10; index += 1) await turn();
    assert.equal(got, false);
    next();
  });
});
