import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LiveConnection } from './live-connection.js';
import type { LiveWord } from './live-state.js';

/** The stream of the console as a browser has it, spoken by the test. */
class Stream extends EventTarget {
  static readonly opened: Stream[] = [];
  readonly CLOSED = 2;
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor() {
    super();
    Stream.opened.push(this);
  }

  say(kind: string, data: object): void {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
  }

  close(): void {
    this.readyState = 2;
  }
}

const connections: LiveConnection[] = [];

function tab(id: string, name: string | undefined): { connection: LiveConnection; heard: LiveWord[] } {
  const heard: LiveWord[] = [];
  const connection = new LiveConnection(
    {
      now: () => performance.now(),
      open: () => new Stream() as unknown as EventSource,
      channel: name === undefined ? undefined : new BroadcastChannel(name),
      id,
    },
    (word) => heard.push(word),
  );
  connections.push(connection);
  connection.start();
  return { connection, heard };
}

/** Until it is so; a test that never gets there is ended by its own limit. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(20);
}

const open = (): Stream[] => Stream.opened.filter(({ readyState }) => readyState !== 2);

describe('Live', { timeout: 60_000 }, () => {
  afterEach(() => {
    for (const connection of connections.splice(0)) connection.stop();
    Stream.opened.length = 0;
  });

  it('is one stream for all tabs, which the others hear from', async () => {
    const tabs = [tab('a', 'one'), tab('b', 'one'), tab('c', 'one')];
    await until(() => open().length > 0);
    const [stream] = open();
    stream?.onopen?.();
    stream?.say('operations', { topic: 'works' });
    await until(() => tabs.every(({ heard }) => heard.some(({ kind }) => kind === 'operations')));
    assert.equal(open().length, 1);
    assert.ok(tabs.every(({ connection }) => connection.snapshot().isOpen));
  });

  it('goes on in another tab when the one that listens closes', async () => {
    const first = tab('a', 'two');
    await until(() => open().length === 1);
    const second = tab('b', 'two');
    first.connection.stop();
    await until(() => Stream.opened.length === 2);
    assert.equal(open().length, 1);
    open()[0]?.say('reset', {});
    await until(() => second.heard.some(({ kind }) => kind === 'reset'));
  });

  it('tells a tab that comes later how it stands', async () => {
    tab('a', 'three');
    await until(() => open().length === 1);
    open()[0]?.say('state', { upstream: 'away', since: new Date(0).toISOString() });
    const late = tab('z', 'three');
    await until(() => late.connection.snapshot().upstream === 'away');
    assert.equal(open().length, 1);
  });

  it('is a stream of its own where tabs cannot talk', () => {
    const tabs = [tab('a', undefined), tab('b', undefined)];
    assert.equal(open().length, 2);
    for (const stream of open()) stream.onopen?.();
    assert.ok(tabs.every(({ connection }) => connection.snapshot().isOpen));
  });

  it('says once that it is broken, and is opened anew where it was refused', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const { connection, heard } = tab('a', undefined);
    const [stream] = open();
    stream?.onopen?.();
    stream?.onerror?.();
    stream?.onerror?.();
    assert.deepEqual(
      heard.map(({ kind }) => kind),
      ['open', 'closed'],
    );
    assert.equal(connection.snapshot().isOpen, false);
    assert.equal(Stream.opened.length, 1, 'a broken one comes back by itself');
    stream?.close();
    stream?.onerror?.();
    context.mock.timers.tick(3000);
    await Promise.resolve();
    assert.equal(Stream.opened.length, 2);
  });
});
