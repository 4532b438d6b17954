import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock } from '#kernel';
import type { CurrentSession } from '../session/session.js';
import { heardEvents } from './heard-events.js';
import { PersonFeed } from './person-feed.js';
import { Tab, type Topic } from './tab.js';

/** One stream of catalog-api, as the test answers it. */
interface Asked {
  readonly token: string;
  readonly place: string | undefined;
  readonly signal: AbortSignal;
  say(text: string): void;
  cut(): void;
}

class Page {
  text = '';
  destroyed = false;
  writableEnded = false;
  writableLength = 0;
  write(text: string): boolean {
    this.text += text;
    return true;
  }
  end(): void {
    this.writableEnded = true;
  }
  destroy(): void {
    this.destroyed = true;
  }
  /** What was heard since the last time: event and data. */
  heard(): string[] {
    const found = [...this.text.matchAll(/event: (\w+)\ndata: (.*)\n/g)].map(
      ([, event, data]) => `${event} ${data}`,
    );
    this.text = '';
    return found;
  }
}

describe('The feed of a person', () => {
  let clock: ManualClock;
  let asked: Asked[];
  let status: number;
  let refused: string[];
  let feed: PersonFeed;

  beforeEach(() => {
    clock = new ManualClock();
    asked = [];
    refused = [];
    status = 200;
    const listen = (token: string, place: string | undefined, signal: AbortSignal): Promise<Response> => {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(undefined, {
        highWaterMark: 100,
      });
      const writer = writable.getWriter();
      signal.addEventListener('abort', () => void writer.abort(signal.reason).catch(() => undefined));
      const encoder = new TextEncoder();
      asked.push({
        ...{ token, place, signal },
        say: (text) => void writer.write(encoder.encode(text)),
        cut: () => void writer.abort(new Error('cut')).catch(() => undefined),
      });
      return Promise.resolve(new Response(readable, { status }));
    };
    feed = new PersonFeed({ clock, listen, onRefused: ({ key }) => refused.push(key) });
  });

  const settle = async (): Promise<void> => {
    for (let index = 0; index < 20; index += 1) await turn();
  };
  const now = (): number => clock.now().getTime();
  const open = async (
    token: string | null = 'token',
    lastEventId?: string,
    ...topics: Topic[]
  ): Promise<{ page: Page; tab: Tab }> => {
    const page = new Page();
    const session = { ...(token === null ? {} : { token }), key: `key of ${token}` } as CurrentSession;
    const tab = new Tab(page, session, new Set(topics.length === 0 ? ['jobs'] : topics), now());
    feed.join(tab, lastEventId);
    await settle();
    return { page, tab };
  };
  const job = (id: number, name: string): string => `id: ${id}\nevent: job\ndata: {"id":"${name}"}\n\n`;

  it('has one stream of catalog-api for thirty pages, and tells each of them', async () => {
    const pages = [];
    for (let index = 0; index < 30; index += 1) pages.push((await open()).page);
    assert.equal(asked.length, 1);
    for (const page of pages) page.heard();
    asked[0]!.say(job(now(), 'a'));
    await settle();
    for (const page of pages) assert.deepEqual(page.heard(), ['job {"id":"a"}']);
  });

  it('tells a page that comes back what it missed, and one that was away for too long to fetch all anew', async () => {
    await open();
    const begin = now();
    asked[0]!.say(`id: ${begin}\nevent: connected\ndata: {}\n\n`);
    for (const step of [1, 2, 3]) {
      clock.advance(20_000);
      asked[0]!.say(job(now(), String(step)));
      await settle();
    }
    const back = await open('token', String(begin + 40_000));
    assert.deepEqual(back.page.heard().slice(0, 2), ['job {"id":"2"}', 'job {"id":"3"}']);
    clock.advance(119_000);
    const late = await open('token', String(begin + 20_000));
    assert.match(late.page.heard()[0] ?? '', /^reset/);
    for (const odd of ['x', '', '-1', '99999999999999999'])
      assert.match((await open('token', odd)).page.heard()[0] ?? '', /^reset/, odd);
  });

  it('begins where the first page was cut off: catalog-api says what was missed', async () => {
    await open('token', '1234567890123');
    assert.equal(asked[0]!.place, '1234567890123');
  });

  it('comes back by itself, where it was cut off, and says in between that it is away', async () => {
    const { page } = await open();
    asked[0]!.say(job(now(), 'a'));
    await settle();
    const place = String(now());
    page.heard();
    asked[0]!.cut();
    await settle();
    assert.match(page.heard().join(), /^state {"upstream":"away"/);
    feed.beat();
    assert.equal(asked.length, 1, 'not at once');
    clock.advance(1000);
    feed.beat();
    await settle();
    assert.equal(asked[1]?.place, place);
    assert.match(page.heard().join(), /^state {"upstream":"live"/);
  });

  it('waits longer after each try that failed, and half a minute at most', async () => {
    status = 503;
    await open();
    const pauses: number[] = [];
    for (let waited = 1; pauses.length < 7; waited += 1) {
      clock.advance(1000);
      const before = asked.length;
      feed.beat();
      await settle();
      if (asked.length > before) {
        pauses.push(waited);
        waited = 0;
      }
    }
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 30, 30]);
  });

  it('leaves a stream that gives no sign of life', async () => {
    await open();
    clock.advance(30_000);
    asked[0]!.say(': still here\n\n');
    await settle();
    clock.advance(45_000);
    feed.beat();
    assert.equal(asked[0]!.signal.aborted, false);
    clock.advance(1);
    feed.beat();
    assert.equal(asked[0]!.signal.aborted, true);
  });

  it('ends the pages of a session that is over, and goes on with another of the same person', async () => {
    status = 401;
    const first = await open('old');
    assert.equal(first.page.writableEnded, true);
    assert.deepEqual(refused, ['key of old']);
    feed.leave(first.tab);
    status = 200;
    clock.advance(1000);
    const second = await open('new');
    assert.equal(asked.at(-1)?.token, 'new');
    assert.equal(second.page.writableEnded, false);
  });

  it('says that all is well to pages that hear of no jobs, and has them fetch nothing anew', async () => {
    const emergency = await open(null, String(now()), 'jobs', 'operations');
    const operations = await open('token', String(now()), 'operations');
    for (const { page } of [emergency, operations]) {
      const [state, ...more] = page.heard();
      assert.match(state ?? '', /^state {"upstream":"live"/);
      assert.deepEqual(more, []);
    }
    await open();
    asked[0]!.cut();
    await settle();
    assert.deepEqual([emergency.page.heard(), operations.page.heard()], [[], []]);
  });

  it('passes on that everything is to be fetched anew', async () => {
    const { page } = await open();
    asked[0]!.say(job(now(), 'a'));
    asked[0]!.say(`id: ${now() + 1}\nevent: reset\ndata: {}\n\n`);
    await settle();
    assert.deepEqual(page.heard().slice(-1), ['reset {}']);
    assert.match((await open('token', String(now()))).page.heard()[0] ?? '', /^reset/);
  });

  it('asks catalog-api for nothing where no page wants jobs, and stops with the last that does', async () => {
    await open('token', undefined, 'operations');
    await open(null, undefined, 'jobs');
    assert.equal(asked.length, 0);
    const { tab } = await open();
    feed.leave(tab);
    assert.equal(asked[0]!.signal.aborted, true);
  });
});

describe('Events that are heard', () => {
  const read = async (...chunks: string[]): Promise<object[]> => {
    const encoder = new TextEncoder();
    const body = (async function* () {
      for (const chunk of chunks) yield await Promise.resolve(encoder.encode(chunk));
    })();
    const found: object[] = [];
    for await (const event of heardEvents(body)) found.push(event);
    return found;
  };

  it('are whole however they are cut', async () => {
    assert.deepEqual(
      await read(
        'id: 7\nev',
        'ent: job\r\nda',
        'ta: {"a":',
        '1}\n',
        '\n: still here\n\nid: x\ndata:y\n\nrest',
      ),
      [{ id: 7, event: 'job', data: '{"a":1}' }, { data: '' }, { data: 'y' }],
    );
  });

  it('are not longer than catalog-api makes them', async () => {
    await assert.rejects(read('data: ' + 'x'.repeat(1024 * 1024)), /found more/);
  });
});
