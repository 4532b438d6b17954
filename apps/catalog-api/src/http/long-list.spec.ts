import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { isLong, LongList } from './long-list.js';

async function* numbers(count: number, closed: () => void = () => undefined): AsyncGenerator<{ n: number }> {
  try {
    for (let n = 0; n < count; n += 1) yield await Promise.resolve({ n });
  } finally {
    closed();
  }
}

describe('A long list', () => {
  it('is a JSON list of its rows, also of none and of many', async () => {
    for (const count of [0, 1, 2, 20_000]) {
      const parsed = JSON.parse(await text(await new LongList(numbers(count)).toStream())) as unknown[];
      assert.equal(parsed.length, count);
    }
    const doubled = new LongList(numbers(3)).map(({ n }) => n * 2);
    assert.equal(await text(await doubled.toStream()), '[0,2,4]');
  });

  it('fails before the first byte when the first row cannot be had', async () => {
    async function* refused(): AsyncGenerator<never> {
      throw await Promise.resolve(new Error('refused'));
    }
    await assert.rejects(new LongList(refused()).toStream(), /refused/);
  });

  it('breaks, and is no list, when a later row cannot be had', async () => {
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw await Promise.resolve(new Error('gone'));
    }
    await assert.rejects(text(await new LongList(broken()).toStream()), /gone/);
  });

  it('closes its source when the reader goes away', async () => {
    let closed = false;
    const stream = await new LongList(numbers(1_000_000, () => void (closed = true))).toStream();
    for await (const piece of stream) {
      assert.ok(String(piece).startsWith('['));
      break;
    }
    await setImmediate();
    assert.ok(closed);
  });

  it('is meant for many rows without relations', () => {
    assert.equal(isLong({ limit: 1000 }), false);
    assert.equal(isLong({ limit: 1001 }), true);
    assert.equal(isLong({ limit: 5000, include: ['datablocks'] }), false);
  });
});
