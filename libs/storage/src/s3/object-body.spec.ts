import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ObjectBody, type BodySource } from './object-body.js';

/** An answer of so many chunks of one byte, which breaks after them if it is told to. */
function answer(chunks: number, failure?: Error): IncomingMessage & { sent: number } {
  let sent = 0;
  const stream = new Readable({
    highWaterMark: 1,
    read(): void {
      if (sent < chunks) this.push(Buffer.from([sent]));
      else if (failure === undefined) this.push(null);
      else this.destroy(failure);
      sent += 1;
    },
  });
  Object.defineProperty(stream, 'sent', { get: () => sent });
  return stream as unknown as IncomingMessage & { sent: number };
}

function source(rest: Partial<BodySource> = {}): BodySource {
  return {
    patience: 3,
    reopen: () => Promise.reject(new Error('nobody asked')),
    brokenOff: (at, failure) => new Error(`broken at ${at}: ${String((failure as Error).message)}`),
    ...rest,
  };
}

describe('The body of an object', () => {
  it('reads a few chunks ahead, and no more before they are taken', async () => {
    const first = answer(1000);
    const body = new ObjectBody(first, 0, 1000, source());
    await wait(20);
    assert.ok(first.sent < 20, `${first.sent} chunks`);
    let found = 0;
    for await (const chunk of body) found += (chunk as Buffer).length;
    assert.equal(found, 1000);
  });

  it('goes on where an answer broke', async () => {
    const asked: number[] = [];
    const reopen = (at: number): Promise<IncomingMessage> => {
      asked.push(at);
      return Promise.resolve(answer(10 - at, at < 6 ? new Error('reset') : undefined));
    };
    const body = new ObjectBody(answer(4, new Error('reset')), 0, 10, source({ reopen }));
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk as Buffer);
    assert.equal(Buffer.concat(chunks).length, 10);
    assert.equal(asked[0], 4);
  });

  it('ends with what broke it, when nothing more arrives', async () => {
    const reopen = () => Promise.resolve(answer(0, new Error('reset')));
    const body = new ObjectBody(answer(4, new Error('reset')), 0, 10, source({ reopen }));
    await assert.rejects(async () => {
      for await (const chunk of body) void chunk;
    }, /broken at 4: reset/);
  });

  it('leaves no answer open when it is let go of: the present one, and one that comes later', async () => {
    const first = answer(1000);
    const left = new ObjectBody(first, 0, 1000, source());
    for await (const chunk of left) {
      void chunk;
      break;
    }
    assert.ok(first.destroyed);
    const late = answer(6);
    let arrive: ((next: IncomingMessage) => void) | undefined;
    const reopen = () => new Promise<IncomingMessage>((resolve) => (arrive = resolve));
    const body = new ObjectBody(answer(4, new Error('reset')), 0, 10, source({ reopen }));
    body.resume();
    while (arrive === undefined) await wait(5);
    body.destroy();
    arrive(late);
    await wait(20);
    assert.ok(late.destroyed);
  });
});
