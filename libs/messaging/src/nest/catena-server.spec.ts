import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { registry, type AppName } from '#contracts';
import { createLogger } from '#observability';
import { MemoryInbox } from '../inbox.js';
import { Naming } from '../naming.js';
import { done } from '../outcome.js';
import { MemoryTransport } from '../testing/memory-transport.js';
import { CatenaServer } from './catena-server.js';

const app: AppName = 'archiver';
const wanted = registry.filter(({ consumers }) => consumers.includes(app)).map(({ type }) => type);

/** Starts a server that has a handler for each of the types. */
async function start(types: readonly string[]): Promise<void> {
  const transport = new MemoryTransport();
  const server = new CatenaServer(
    { app, retryDelays: [1000], prefetch: 1, messageLimit: 1000, accounts: 'shared' },
    new Naming('test'),
    transport,
    new MemoryInbox(),
    createLogger(app, 'silent'),
  );
  for (const type of types) server.addHandler(type, () => Promise.resolve(done));
  try {
    await new Promise<void>((resolve, reject) =>
      server.listen((error) => (error === undefined ? resolve() : reject(error))),
    );
  } finally {
    await server.close();
    await transport.close();
  }
}

describe('An app', () => {
  it('starts with one handler for each of its messages', () => start(wanted));

  it('does not start when a handler is missing, and names the message', () =>
    assert.rejects(start(wanted.slice(1)), {
      code: 'messaging.handlers-incomplete',
      message: new RegExp(`${wanted[0]} has no handler`),
    }));

  it('does not start when a message has two handlers, and names it', () =>
    assert.rejects(start([...wanted, wanted[0]!]), {
      code: 'messaging.handlers-incomplete',
      message: new RegExp(`${wanted[0]} has two handlers`),
    }));

  it("does not start when it handles another app's message, and names it", () =>
    assert.rejects(start([...wanted, 'assembly.job-finished.v1']), {
      code: 'messaging.handlers-incomplete',
      message: /assembly\.job-finished\.v1 is handled but/,
    }));
});
