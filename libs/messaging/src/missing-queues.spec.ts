import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { jobCancelRequestedV1, type Envelope } from '#contracts';
import { newId, PermanentError, TransientError } from '#kernel';
import { createLogger } from '#observability';
import { InboxConsumer, type Handler } from './inbox-consumer.js';
import { MemoryInbox } from './inbox.js';
import type { Delivery } from './message-transport.js';
import { Naming } from './naming.js';
import { done, type Outcome } from './outcome.js';
import { MemoryTransport } from './testing/memory-transport.js';
import { until } from './testing/message-transport.conformance.js';
import { topologyOf } from './topology.js';
import { wireMessageOf } from './wire-message.js';

const naming = new Naming('test');
const type = jobCancelRequestedV1.type;
const topology = topologyOf(naming, 'job-assembler', [30]);

/** Somebody has deleted a queue that a message would be moved to. */
describe('A message that cannot be moved on, because a queue is gone,', () => {
  let transport: MemoryTransport;
  let tries: number;
  let answer: () => Promise<Outcome>;

  beforeEach(() => {
    transport = new MemoryTransport(naming.accountOf('job-assembler'));
    tries = 0;
  });

  /** Starts a consumer at a broker without that queue, and sends it a message. */
  async function without(queue: string): Promise<void> {
    await transport.declare({
      ...topology,
      queues: topology.queues.filter(({ name }) => name !== queue),
      bindings: topology.bindings.filter((binding) => binding.queue !== queue),
    });
    const handler: Handler = () => {
      tries += 1;
      return answer();
    };
    const consumer = new InboxConsumer(
      {
        ...{ app: 'job-assembler', naming, retryDelays: [30], messageLimit: 10_000, accounts: 'per-app' },
      },
      transport,
      new MemoryInbox(),
      new Map([[type, handler]]),
      createLogger('spec', 'silent'),
    );
    await transport.consume(naming.inboxOf('job-assembler'), { prefetch: 8 }, (delivery) =>
      consumer.receive(delivery),
    );
    const message: Envelope<object> = {
      ...{ specversion: '1.0', id: newId(), source: '/catena/catalog-api', type, subject: 'j' },
      ...{ time: '2026-01-01T00:00:00Z', datacontenttype: 'application/json', sequence: 1 },
      ...{ partitionkey: 'j', data: { jobId: 'j', requestedBy: 'ada' } },
    };
    await transport.publishAs(naming.accountOf('catalog-api'), wireMessageOf(naming, message));
  }

  it('stays in the inbox while there is no dead-letter queue, and is a dead letter once there is one', async () => {
    answer = () => Promise.reject(new PermanentError('test.wrong', 'No.'));
    await without(naming.deadOf('job-assembler'));
    await until(() => tries === 2);
    await transport.declare(topology);
    const dead: Delivery[] = [];
    await transport.consume(naming.deadOf('job-assembler'), { prefetch: 1 }, (delivery) => {
      dead.push(delivery);
      return Promise.resolve('ack');
    });
    await until(() => dead.length > 0);
    assert.deepEqual([dead.length, dead[0]?.headers['code']], [1, 'test.wrong']);
    assert.ok(transport.isEmpty(naming.inboxOf('job-assembler')));
  });

  it('stays in the inbox while there is no queue of its retry tier, and is tried again from there', async () => {
    let faults = 2;
    const busy = new TransientError('test.busy', 'Later.');
    answer = () => (faults-- > 0 ? Promise.reject(busy) : Promise.resolve(done));
    await without(naming.retryOf('job-assembler', 30));
    await until(() => tries === 3);
    await until(() => transport.isEmpty(naming.inboxOf('job-assembler')));
    assert.ok(transport.isEmpty(naming.deadOf('job-assembler')), 'no attempt was lost, nothing is given up');
  });
});
