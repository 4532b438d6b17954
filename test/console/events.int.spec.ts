import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpenStreams } from '../../apps/catalog-api/src/events/open-streams.js';
import type { ConsolePage } from './support/console-page.js';
import { ConsoleScene } from './support/console-scene.js';

/** An open page that listens. */
class Listener {
  text = '';
  isOver = false;
  private readonly leaving = new AbortController();

  private constructor(readonly status: number) {}

  static async open(
    scene: ConsoleScene,
    page: ConsolePage,
    topics: string,
    lastEventId?: string,
  ): Promise<Listener> {
    const leaving = new AbortController();
    const response = await fetch(`${scene.address}/console/api/events?topics=${topics}`, {
      headers: {
        cookie: page.cookieHeader,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
      signal: leaving.signal,
    });
    const listener = new Listener(response.status);
    leaving.signal.throwIfAborted();
    listener.leaving.signal.addEventListener('abort', () => leaving.abort());
    void listener.read(response);
    return listener;
  }

  leave(): void {
    this.leaving.abort();
  }

  async hears(pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.text), `${String(pattern)} in ${this.text}`);
  }

  get lastId(): string {
    return [...this.text.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? '';
  }

  private async read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>)
        this.text += decoder.decode(chunk, { stream: true });
    } catch {
      // Cut off, or left.
    }
    this.isOver = true;
  }
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (isSo()) return;
    await sleep(100);
  }
  assert.fail(`Expected within a minute: ${what}`);
}

describe('Live news of the console', () => {
  let scene: ConsoleScene;
  const listeners: Listener[] = [];
  const listen = async (page: ConsolePage, topics: string, lastEventId?: string): Promise<Listener> => {
    const listener = await Listener.open(scene, page, topics, lastEventId);
    listeners.push(listener);
    return listener;
  };
  before(async () => {
    scene = await ConsoleScene.start();
  });
  after(async () => {
    for (const listener of listeners) listener.leave();
    await scene.stop();
  });

  const touch = (id: string): Promise<unknown> =>
    scene.catalogue.collection('Job').updateOne({ _id: id }, { $set: { updatedAt: new Date() } });

  it('come to all pages of a person over one stream of catalog-api, and nobody hears of others', async () => {
    const open = scene.catalogue.get(OpenStreams);
    const [page, stranger] = [await scene.page('scientist'), await scene.page('stranger')];
    const tabs = [];
    for (let index = 0; index < 5; index += 1) tabs.push(await listen(page, 'jobs'));
    const other = await listen(stranger, 'jobs');
    for (const one of [...tabs, other]) await one.hears(/event: state\ndata: \{"upstream":"live"/);
    assert.equal(open.count, 2, 'one of each person');
    await scene.putJob('seen');
    for (const tab of tabs) await tab.hears(/id: \d+\nevent: job\ndata: \{"id":"seen"/);
    assert.match(tabs[0]!.text, /^retry: 3000\n/);
    // A page that was cut off, and a job meanwhile.
    const { lastId } = tabs[0]!;
    for (const tab of tabs) tab.leave();
    await until(() => open.count === 1, 'the stream of nobody is closed');
    await scene.putJob('missed');
    const back = await listen(page, 'jobs', lastId);
    await back.hears(/"id":"missed"/);
    const late = await listen(page, 'jobs', '1');
    await late.hears(/event: reset/);
    assert.ok(!/seen|missed/.test(other.text), other.text);
  });

  it('say that the catalogue is away, and go on when it is back', async () => {
    const tab = await listen(await scene.page('viewer'), 'jobs,operations');
    await tab.hears(/"upstream":"live"/);
    await scene.gate.shut();
    await tab.hears(/"upstream":"away"/);
    tab.text = '';
    await scene.putJob('between');
    await scene.gate.open();
    await tab.hears(/"upstream":"live"/);
    await tab.hears(/"id":"between"/);
  });

  it('hint to operators that operations may have changed, and to nobody else', async () => {
    const viewer = await listen(await scene.page('viewer'), 'operations');
    const scientist = await listen(await scene.page('scientist'), 'operations,jobs');
    await viewer.hears(/event: operations\ndata: \{"topic":"polled"\}/);
    await touch('seen');
    await scientist.hears(/"id":"seen"/);
    assert.ok(!scientist.text.includes('event: operations'));
  });

  it('end with the session', async () => {
    const page = await scene.page('scientist');
    const tab = await listen(page, 'jobs');
    await tab.hears(/"upstream":"live"/);
    await page.send('DELETE', '/console/api/session');
    await until(() => tab.isOver, 'the stream ends');
    assert.equal((await listen(page, 'jobs')).status, 401);
  });

  it('need topics that there are, and a session', async () => {
    const page = await scene.page('scientist');
    for (const topics of ['', 'jobs,', 'all', 'jobs,job:x'])
      assert.equal((await page.get(`/console/api/events?topics=${topics}`)).status, 400, topics);
    assert.equal((await (await scene.page()).get('/console/api/events?topics=jobs')).status, 401);
  });
});
