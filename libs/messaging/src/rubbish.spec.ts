import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { jobCancelRequestedV1 } from '#contracts';
import { createLogger } from '#observability';
import { InboxConsumer } from './inbox-consumer.js';
import { MemoryInbox } from './inbox.js';
import { Naming } from './naming.js';
import { done } from './outcome.js';
import { MemoryTransport } from './testing/memory-transport.js';
import { until } from './testing/message-transport.conformance.js';
import { topologyOf } from './topology.js';

const naming = new Naming('test');
const type = jobCancelRequestedV1.type;
const seed = 29;
const count = 10_000;

/** Mulberry32: the same seed gives the same bodies. */
function chance(state: number): (limit: number) => number {
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * limit);
  };
}

const good = (): Record<string, unknown> => ({
  ...{ specversion: '1.0', id: randomUUID(), source: '/catena/catalog-api', type },
  // No two are the same message, whatever is done to their ids.
  subject: randomUUID(),
  ...{ time: '2026-01-01T00:00:00Z', datacontenttype: 'application/json', sequence: 1, partitionkey: 'j' },
  data: { jobId: 'j', requestedBy: 'ada' },
});
const odd: readonly unknown[] = [
  ...[null, true, -1, 0.5, 1e308, 2 ** 60, '', 'x'.repeat(2000), [], {}, [[[]]]],
  ...[{ $gt: '' }, { __proto__: null }, 'catalog.job-submitted.v99', '\u0000', '\ud800'],
];

function bodies(): Buffer[] {
  const below = chance(seed);
  const kinds: readonly (() => Buffer)[] = [
    () => Buffer.from(Array.from({ length: below(200) }, () => below(256))),
    () => Buffer.from('[{"a":'[below(2) * 2]!.repeat(1 + below(4000))),
    () => {
      const deep = `${'['.repeat(200 + below(500))}`;
      const text = JSON.stringify({ ...good(), more: 'here' });
      return Buffer.from(text.replace('"here"', deep + ']'.repeat(deep.length)));
    },
    () => Buffer.from(`{"id":${'9'.repeat(1 + below(400))}}`),
    () => {
      const text = Buffer.from(JSON.stringify(good()));
      return text.subarray(0, below(text.length));
    },
    () => {
      const bytes = Buffer.from(JSON.stringify(good()));
      bytes[below(bytes.length)] = below(256);
      return bytes;
    },
    () => {
      const envelope = good();
      const keys = Object.keys(envelope);
      envelope[keys[below(keys.length)]!] = odd[below(odd.length)];
      return Buffer.from(JSON.stringify(envelope));
    },
    () => {
      const data = { jobId: 'j', requestedBy: 'ada', [['jobId', 'more'][below(2)]!]: odd[below(odd.length)] };
      return Buffer.from(JSON.stringify({ ...good(), data }));
    },
  ];
  return Array.from({ length: count }, () => kinds[below(kinds.length)]!());
}

describe('Rubbish in an inbox', () => {
  it(`of ${count} kinds (seed ${seed}) is parked with a code, reaches no handler, and keeps nobody up`, async () => {
    const transport = new MemoryTransport(naming.accountOf('job-assembler'));
    await transport.declare(topologyOf(naming, 'job-assembler', [30]));
    const handled: unknown[] = [];
    const consumer = new InboxConsumer(
      {
        ...{ app: 'job-assembler', naming, retryDelays: [30], messageLimit: 10_000, accounts: 'per-app' },
      },
      transport,
      new MemoryInbox(),
      new Map([
        [
          type,
          ({ data }) => {
            handled.push(data);
            return Promise.resolve(done);
          },
        ],
      ]),
      createLogger('spec', 'silent'),
    );
    const inbox = naming.inboxOf('job-assembler');
    await transport.consume(inbox, { prefetch: 8 }, (delivery) => consumer.receive(delivery));
    const codes: unknown[] = [];
    await transport.consume(naming.deadOf('job-assembler'), { prefetch: 8 }, ({ headers }) => {
      codes.push(headers['code']);
      return Promise.resolve('ack');
    });
    const send = (body: Buffer): Promise<void> =>
      transport.publishAs(naming.accountOf('catalog-api'), {
        ...{ exchange: '', routingKey: inbox, body, contentType: '', messageId: randomUUID(), type: '' },
        ...{ timestamp: new Date(0), appId: '', headers: {} },
      });
    for (const body of bodies()) await send(body);
    await until(() => codes.length + handled.length >= count && transport.isEmpty(inbox));
    assert.equal(codes.length + handled.length, count);
    const known = ['malformed', 'unknown-type', 'wrong-sender', 'id-conflict'].map(
      (code) => `messaging.${code}`,
    );
    assert.deepEqual(
      [...new Set(codes)].filter((code) => !known.includes(String(code))),
      [],
    );
    // A changed byte of a text, or one more field, is still a message.
    for (const data of handled as Record<string, unknown>[])
      assert.deepEqual([typeof data['jobId'], typeof data['requestedBy']], ['string', 'string']);
    assert.ok(codes.length > count / 2, `parked ${codes.length}`);
    const before = handled.length;
    await send(Buffer.from(JSON.stringify(good())));
    await until(() => handled.length === before + 1);
  });
});
