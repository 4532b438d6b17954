import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Connection } from 'mongoose';
import { Naming } from '#messaging';
import { MemoryTransport } from '#messaging/testing';
import { createLogger } from '#observability';
import { ParkingLot, type ParkedMessage } from './parking-lot.js';

const parked: ParkedMessage = {
  _id: 'm:0:0',
  messageId: 'm',
  type: 'archival.cancel-work.v1',
  outcome: 'dead',
  code: 'messaging.malformed',
  reason: 'a test',
  attempts: 0,
  exchange: '',
  routingKey: '',
  headers: {},
  body: '{}',
  encoding: 'utf8',
  parkedAt: new Date(0),
  state: 'parked',
};

/** A database with one parked message that understands the two calls the parking lot decides with. */
class OneMessage {
  message: ParkedMessage = parked;

  collection(): this {
    return this;
  }

  findOneAndUpdate(
    filter: { state: string },
    { $set }: { $set: Partial<ParkedMessage> },
  ): Promise<ParkedMessage | null> {
    if (filter.state !== this.message.state) return Promise.resolve(null);
    const before = this.message;
    this.message = { ...before, ...$set };
    return Promise.resolve(before);
  }

  updateOne(
    filter: { state: string },
    { $set, $unset }: { $set: Partial<ParkedMessage>; $unset?: object },
  ): Promise<void> {
    const kept = Object.entries(this.message).filter(([name]) => !Object.keys($unset ?? {}).includes(name));
    if (filter.state === this.message.state)
      this.message = { ...(Object.fromEntries(kept) as unknown as ParkedMessage), ...$set };
    return Promise.resolve();
  }
}

async function parkingLot(): Promise<{ lot: ParkingLot; database: OneMessage; transport: MemoryTransport }> {
  const naming = new Naming('test');
  const transport = new MemoryTransport();
  await transport.declare({
    exchanges: [],
    queues: [{ name: naming.inboxOf('archiver') }],
    bindings: [],
  });
  const database = new OneMessage();
  const connection = database as unknown as Connection;
  const lot = new ParkingLot('archiver', connection, transport, naming, createLogger('test', 'silent'));
  return { lot, database, transport };
}

describe('A parked message', () => {
  it('is replayed once', async () => {
    const { lot, database } = await parkingLot();
    await lot.replay(parked._id, 'ada');
    assert.equal(database.message.state, 'replayed');
    await assert.rejects(lot.replay(parked._id, 'ada'), { code: 'outbox.not-parked' });
  });

  it('stays parked when it cannot be replayed now', async () => {
    const { lot, database, transport } = await parkingLot();
    transport.setConnected(false);
    await assert.rejects(lot.replay(parked._id, 'ada'), { code: 'messaging.not-connected' });
    assert.deepEqual(database.message, parked);
    transport.setConnected(true);
    await lot.replay(parked._id, 'ada');
    assert.equal(database.message.state, 'replayed');
  });
});
