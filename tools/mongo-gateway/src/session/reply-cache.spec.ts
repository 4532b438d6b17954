import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MongoError } from '../errors/mongo-error.js';
import { ReplyCache } from './reply-cache.js';

const limits = { maximum: 10, idleMilliseconds: 1000 };

describe('ReplyCache', () => {
  it('runs a write once however often it is sent, also while it still runs', async () => {
    const cache = new ReplyCache(limits);
    let runs = 0;
    const write = async (): Promise<Buffer> => {
      runs += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return Buffer.from([runs]);
    };
    const replies = await Promise.all([cache.once('s', 1n, write), cache.once('s', 1n, write)]);
    replies.push(await cache.once('s', 1n, write));
    assert.equal(runs, 1);
    assert.deepEqual(replies, [Buffer.from([1]), Buffer.from([1]), Buffer.from([1])]);
    await cache.once('s', 2n, write);
    await cache.once('other session', 1n, write);
    assert.equal(runs, 3);
  });

  it('lets a failed write run again', async () => {
    const cache = new ReplyCache(limits);
    await assert.rejects(
      cache.once('s', 1n, () => Promise.reject(new Error('lost'))),
      /lost/,
    );
    assert.deepEqual(await cache.once('s', 1n, async () => Buffer.from([9])), Buffer.from([9]));
  });

  it('refuses a number that is older than the last one', async () => {
    const cache = new ReplyCache(limits);
    await cache.once('s', 5n, async () => Buffer.alloc(1));
    await assert.rejects(
      cache.once('s', 4n, async () => Buffer.alloc(1)),
      (error: MongoError) => error.code === 225,
    );
  });
});
