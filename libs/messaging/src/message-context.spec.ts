import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { currentContext, inContextOf, newTraceparent, traceparentFrom } from './message-context.js';

describe('The context of work', () => {
  it('is the one in which it was accepted, however much later it goes on', async () => {
    const context = { traceparent: newTraceparent(), causationId: 'the message' };
    await inContextOf({ context }, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(currentContext(), context);
    });
    assert.notEqual(currentContext().traceparent, context.traceparent);
  });

  it('is a new one for records that have none', () => {
    const first = inContextOf({}, () => currentContext().traceparent);
    assert.match(first, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.notEqual(
      first,
      inContextOf({}, () => currentContext().traceparent),
    );
  });

  it('is taken from a client only when it is a W3C trace context', () => {
    const good = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    assert.equal(traceparentFrom(good), good);
    for (const bad of [
      undefined,
      ['a', 'b'],
      '',
      'text',
      good.toUpperCase(),
      good.replace('00-', '01-'),
      `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
      `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`,
      `${good}\n`,
    ])
      assert.equal(traceparentFrom(bad), undefined, JSON.stringify(bad));
  });
});
