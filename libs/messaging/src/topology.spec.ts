import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { appNames } from '#contracts';
import { Naming } from './naming.js';
import { argumentsOf } from './rabbitmq/declare-topology.js';
import { topologyOf } from './topology.js';

const naming = new Naming('test');

describe('The queues of an app', () => {
  for (const app of appNames) {
    const { queues, bindings } = topologyOf(naming, app, [1000, 5000]);
    const inbox = naming.inboxOf(app);
    const withTime = queues.filter(({ messageTtl }) => messageTtl !== undefined);

    it(`of ${app} let a message expire only where that leads it back into the inbox`, () => {
      assert.deepEqual(
        withTime.map(({ name, deadLetterTo }) => [name, deadLetterTo]),
        [1000, 5000].map((delay) => [naming.retryOf(app, delay), inbox]),
      );
      for (const queue of queues)
        for (const limit of ['x-max-length', 'x-max-length-bytes', 'x-expires'])
          assert.ok(!(limit in (argumentsOf(queue).arguments as object)), `${queue.name} has ${limit}`);
    });

    it(`of ${app} give nothing up that the next queue has not taken`, () => {
      const moving = queues.filter(({ deadLetterTo }) => deadLetterTo !== undefined);
      assert.deepEqual(
        moving.map(({ name }) => name),
        [inbox, ...withTime.map(({ name }) => name)],
      );
      for (const queue of moving) {
        const found = argumentsOf(queue).arguments as Record<string, unknown>;
        assert.deepEqual(
          [found['x-dead-letter-strategy'], found['x-overflow'], found['x-queue-type']],
          ['at-least-once', 'reject-publish', 'quorum'],
        );
        const to = { exchange: queue.deadLetterExchange, key: queue.deadLetterTo };
        assert.ok(
          bindings.some(({ exchange, key }) => exchange === to.exchange && key === to.key),
          `${queue.name} leads to a queue that is bound`,
        );
      }
    });
  }
});
