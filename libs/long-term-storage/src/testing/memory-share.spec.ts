import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { longTermStorageConformance } from './long-term-storage.conformance.js';
import { MemoryShare } from './memory-share.js';

longTermStorageConformance('the memory share', () => Promise.resolve(new MemoryShare()));

describe('faults of the memory share', () => {
  it('fills up, and stays refused until discarded', async () => {
    const share = new MemoryShare();
    share.capacity = 5;
    const writer = await share.create('x', 'a');
    await writer.write(Buffer.from('1234'));
    await assert.rejects(writer.write(Buffer.from('56')), {
      code: 'long-term-storage.full',
      retriable: true,
    });
    await assert.rejects(writer.commit(), { code: 'long-term-storage.writer-closed' });
    await writer.discard();
    assert.equal(await share.freeBytes(), 5);
  });

  it('goes away and comes back', async () => {
    const share = new MemoryShare();
    const writer = await share.create('x', 'a');
    share.gone = true;
    const away = { code: 'long-term-storage.unavailable', retriable: true };
    await assert.rejects(writer.write(Buffer.from('1')), away);
    await assert.rejects(share.stat('x'), away);
    await assert.rejects(share.list('').next(), away);
    share.gone = false;
    assert.equal(await share.stat('x'), undefined);
  });

  it('damages on request', async () => {
    const share = new MemoryShare();
    const writer = await share.create('x', 'a');
    await writer.write(Buffer.from('abc'));
    await writer.commit();
    share.flipBit('x', 1);
    share.truncate('x', 2);
    const chunks = await (await share.read('x')).toArray();
    assert.equal(Buffer.concat(chunks as Buffer[]).toString(), 'ac');
  });
});
