import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it, mock } from 'node:test';
import type { FastifyReply } from 'fastify';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { CatalogClient } from '../calls/catalog-client.js';
import type { CurrentSession } from '../session/session.js';
import type { Sessions } from '../session/sessions.service.js';
import { ConsoleStreams } from './console-streams.js';
import type { Hearsay } from './hearsay.js';

class Raw extends EventEmitter {
  text = '';
  destroyed = false;
  writableEnded = false;
  writableLength = 0;
  writeHead(): this {
    return this;
  }
  write(text: string): boolean {
    this.text += text;
    return true;
  }
  end(): void {
    this.writableEnded = true;
  }
  hints(): string[] {
    const found = [...this.text.matchAll(/event: operations\ndata: (.*)\n/g)].map(([, data = '']) => data);
    this.text = '';
    return found;
  }
}

/** Streams with one page of a person who may see operations, or may not. */
function opened(connected: boolean, may = true) {
  let say: (context: string) => void = () => assert.fail('nobody listens');
  const hearsay = { connected, listen: (onHeard: typeof say) => (say = onHeard) };
  const session = {
    ...{ username: 'olga', groups: [], rightsAt: 0, until: 1, key: 'key', stale: false },
    permissions: may ? [{ action: 'operations.read', rule: 'operator', reach: 'all' }] : [],
  } as unknown as CurrentSession;
  const sessions = { isOver: () => false, current: (one: CurrentSession) => Promise.resolve(one) };
  const streams = new ConsoleStreams(
    {} as CatalogClient,
    sessions as unknown as Sessions,
    new ManualClock(),
    hearsay as unknown as Hearsay,
    createLogger('hints.spec', 'silent'),
  );
  const raw = new Raw();
  streams.open(session, new Set(['operations']), undefined, {
    raw,
    hijack: () => undefined,
  } as unknown as FastifyReply);
  return { streams, raw, say: (context: string) => say(context) };
}

async function rounds(streams: ConsoleStreams, count: number): Promise<void> {
  for (let round = 0; round < count; round += 1) await streams.round();
}

describe('Hints to operators', () => {
  it('come every five seconds where nobody tells the console, and every fifteen where the broker does', async () => {
    const polled = opened(false);
    await rounds(polled.streams, 15);
    assert.deepEqual(
      polled.raw.hints(),
      Array.from({ length: 3 }, () => '{"topic":"polled"}'),
    );
    const told = opened(true);
    await rounds(told.streams, 15);
    assert.deepEqual(told.raw.hints(), ['{"topic":"all"}']);
  });

  it('come soon after something was said, at most four in a second, to operators alone', () => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    try {
      const [mine, other] = [opened(true), opened(true, false)];
      for (const { streams } of [mine, other]) streams.onApplicationBootstrap();
      for (let beat = 0; beat < 20; beat += 1) {
        for (const { say } of [mine, other]) for (let n = 0; n < 10; n += 1) say('archival');
        mock.timers.tick(50);
      }
      assert.deepEqual(
        mine.raw.hints(),
        Array.from({ length: 4 }, () => '{"topic":"archival"}'),
      );
      assert.deepEqual(other.raw.hints(), []);
      mine.say('assembly');
      for (const { streams } of [mine, other]) streams.onModuleDestroy();
      mock.timers.tick(1000);
      assert.deepEqual(mine.raw.hints(), [], 'nothing after the end');
    } finally {
      mock.timers.reset();
    }
  });
});
