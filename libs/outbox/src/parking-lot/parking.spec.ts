import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Connection } from 'mongoose';
import { SystemClock } from '#kernel';
import { checkedSenderHeader, Naming, type WireMessage } from '#messaging';
import { MemoryTransport } from '#messaging/testing';
import { createLogger } from '#observability';
import { memoryCollection } from '#persistence/testing';
import type { ParkedMessage } from './parked-message.js';
import { ParkingLot } from './parking-lot.js';

describe('Messages that cannot be handled', () => {
  /** Sends messages to the dead letters of an app; gives back under which ids they were parked. */
  async function parkedAs(
    messages: readonly Partial<WireMessage>[],
    stored = memoryCollection<ParkedMessage>(),
  ): Promise<string[]> {
    const naming = new Naming('test');
    const transport = new MemoryTransport(naming.accountOf('archiver'));
    const queue = naming.deadOf('archiver');
    await transport.declare({ exchanges: [], queues: [{ name: queue }], bindings: [] });
    const ids: string[] = [];
    const updateOne: typeof stored.updateOne = async (filter, change, options) => {
      const answer = stored.updateOne(filter, change, options);
      const matched = await answer.then(({ matchedCount }) => matchedCount).catch(() => 0);
      if (options?.upsert === true || matched > 0) ids.push(String(filter._id));
      return answer;
    };
    const lot = new ParkingLot(
      { collection: () => ({ updateOne }) } as unknown as Connection,
      transport,
      { app: 'archiver', naming },
      new SystemClock(),
      createLogger('test', 'silent'),
    );
    await lot.start();
    for (const message of messages)
      await transport.publish({
        ...{ exchange: '', routingKey: queue, body: Buffer.from('{}'), contentType: 'application/json' },
        ...{ messageId: '', type: '', timestamp: new Date(0), appId: 'archiver', headers: {} },
        ...message,
      });
    while (ids.length < messages.length) await new Promise(setImmediate);
    await lot.stop();
    return ids;
  }

  it('and have no id, or one and the same, are parked each by itself', async () => {
    const bodies = [Buffer.from('{"a":1}'), Buffer.from('{"a":2}')];
    for (const messageId of ['', 'm']) {
      const ids = await parkedAs(bodies.map((body) => ({ body, messageId })));
      assert.equal(new Set(ids).size, 2, ids.join(' '));
    }
  });

  it('and come from different senders are not taken for one another', async () => {
    const ids = await parkedAs(
      ['test.publisher', 'test.job-assembler'].map((sender) => ({
        ...{ messageId: 'm', headers: { [checkedSenderHeader]: sender } },
      })),
    );
    assert.equal(new Set(ids).size, 2, ids.join(' '));
  });

  it('and are delivered again are parked once', async () => {
    const ids = await parkedAs([{ messageId: 'm' }, { messageId: 'm' }, {}, {}]);
    assert.deepEqual([ids[0] === ids[1], ids[2] === ids[3], ids[0] === ids[2]], [true, true, false]);
  });

  it('and come back after a replay are parked from then on; after people have discarded or edited them, no more', async () => {
    for (const [state, expected] of [
      ['replayed', 'parked'],
      ['discarded', 'discarded'],
      ['edited', 'edited'],
    ] as const) {
      const stored = memoryCollection<ParkedMessage>();
      const [_id = ''] = await parkedAs([{ messageId: 'm' }], stored);
      const decision = { by: 'ada', at: new Date(1), reason: 'a test', id: 'e' };
      await stored.updateOne({ _id }, { $set: { state, decision, parkedAt: new Date(1) } });
      await parkedAs([{ messageId: 'm' }], stored);
      const found = await stored.findOne({ _id });
      assert.equal(found?.state, expected);
      assert.equal(found.parkedAt > new Date(1), expected === 'parked');
      assert.equal(found.decision === undefined, expected === 'parked');
    }
  });
});
