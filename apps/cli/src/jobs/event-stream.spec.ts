import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serverSentEvents } from './event-stream.js';

async function eventsIn(...chunks: Buffer[]): Promise<string[]> {
  async function* stream(): AsyncGenerator<Buffer> {
    yield* chunks;
  }
  const found: string[] = [];
  for await (const { event, data } of serverSentEvents(stream())) found.push(`${event}=${data}`);
  return found;
}

describe('serverSentEvents', () => {
  it('reads events, whole or in pieces, and skips comments', async () => {
    const text = Buffer.from(
      ': still here\n\nevent: status\ndata: {"ü":1}\n\ndata: one\ndata: two\n\nevent: end\ndata: x\n\n',
    );
    const expected = ['status={"ü":1}', 'message=one\ntwo', 'end=x'];
    assert.deepEqual(await eventsIn(text), expected);
    assert.deepEqual(await eventsIn(...Array.from(text, (byte) => Buffer.from([byte]))), expected);
  });
  it('leaves out an event that was cut off', async () =>
    assert.deepEqual(await eventsIn(Buffer.from('event: end\ndata: x\n')), []));
});
