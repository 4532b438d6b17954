import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CuttingProxy, until } from '#messaging/testing';
import { AppProcess } from '../../tools/start/src/index.js';
import { BesideScicat } from '../support/beside/beside-scicat.js';
import { BesideStory, patience } from '../support/beside/beside-story.js';
import { DisturbingProxy } from '../support/beside/disturbing-proxy.js';
import { freePorts } from '../support/free-ports.js';
import { verdict } from '../support/verdict.js';

/** Milliseconds for which something is away: the bridge tries several times. */
const outage = 4000;

describe('Beside a SciCat, an outage', () => {
  const seen = verdict();
  let scicat: DisturbingProxy;
  let beside: BesideScicat;
  let story: BesideStory;

  before(async () => {
    scicat = await DisturbingProxy.open();
    beside = await BesideScicat.create({
      bridge: { SCICAT_URL: scicat.url },
      catena: { DATABLOCK_MOST_FILES: '2' },
    });
    scicat.target = beside.scicat.url;
    await beside.start();
    story = await BesideStory.of(beside);
  });
  after(async () => {
    await beside.stop(seen.failed);
    await scicat.close();
  });

  /** Posts one job a dataset, lets `fault` happen in the midst of it, and expects every job to end well, once. */
  async function survives(fault: () => Promise<void>, count = 4): Promise<void> {
    const sets = await story.datasets(count);
    const ids: string[] = [];
    const posting = (async () => {
      for (const { pid } of sets) {
        ids.push(await story.postPatiently('archive', [pid]));
        await sleep(200);
      }
    })();
    await until(() => ids.length > 1, patience);
    await fault();
    await posting;
    for (const id of ids) await story.ends(id, 'finishedSuccessful');
    for (const set of sets) await story.ledger.datasetIsArchived(set);
    assert.deepEqual(await story.waiting(), []);
  }

  it('of SciCat, which is killed and started again and again, loses nothing', () =>
    survives(async () => {
      const { 'catalog-api': process } = beside.scicat.apps;
      for (let time = 0; time < 2; time += 1) {
        process.signal('SIGKILL');
        await process.whenEnded();
        process.start();
        await process.whenReady();
        await sleep(700);
      }
    }, 6));

  it('of SciCat, of one kind after the other, loses nothing', () =>
    survives(async () => {
      for (const kind of ['502', 'hidden', 'html', 'slow', 'empty', 'half'] as const) {
        scicat.disturb(() => kind);
        await sleep(1000);
      }
      scicat.calm();
    }));

  /** The bridge reaches its broker, or its database, by way of something that can be cut. */
  async function withCuts(
    names: readonly ('RABBITMQ_URL' | 'MONGODB_URI' | 'SCICAT_FEED_URL')[],
    told: (cuts: readonly CuttingProxy[]) => Promise<void>,
  ): Promise<void> {
    const { 'scicat-bridge': bridge } = beside.apps;
    const ways = await Promise.all(
      names.map(async (name) => ({
        name,
        proxy: await CuttingProxy.before(bridge.options.environment[name] ?? ''),
      })),
    );
    const proxies = ways.map(({ proxy }) => proxy);
    await bridge.stop();
    bridge.start(Object.fromEntries(ways.map(({ name, proxy }) => [name, proxy.url])));
    await bridge.whenReady();
    try {
      await told(proxies);
    } finally {
      await bridge.stop();
      for (const proxy of proxies) await proxy.close();
      bridge.start();
      await bridge.whenReady();
    }
  }

  const cut = async (proxies: readonly CuttingProxy[]): Promise<void> => {
    for (const proxy of proxies) proxy.refuse();
    await sleep(outage);
    for (const proxy of proxies) proxy.admit();
  };

  it("of the bridge's broker loses nothing", () =>
    withCuts(['RABBITMQ_URL'], (proxies) =>
      survives(async () => {
        for (let time = 0; time < 2; time += 1) {
          await cut(proxies);
          await sleep(500);
        }
      }),
    ));

  it("of SciCat's broker loses nothing", () =>
    withCuts(['SCICAT_FEED_URL'], async (proxies) => {
      await survives(() => cut(proxies));
      // The feed is heard again, too.
      const [set] = await story.datasets(1);
      const id = await story.archived(set!);
      await story.when(id, ({ seenBy }) => seenBy.includes('feed'));
    }));

  it("of the bridge's database loses nothing", () =>
    withCuts(['MONGODB_URI'], (proxies) =>
      survives(async () => {
        for (let time = 0; time < 2; time += 1) {
          await cut(proxies);
          await sleep(500);
        }
      }),
    ));

  it('of all of them at once, the bridge killed in it, is healed by starting it again', () =>
    withCuts(['RABBITMQ_URL', 'SCICAT_FEED_URL', 'MONGODB_URI'], (proxies) =>
      survives(async () => {
        const { 'scicat-bridge': bridge } = beside.apps;
        scicat.disturb(() => 'hidden');
        await sleep(500);
        await cut(proxies);
        bridge.signal('SIGKILL');
        await bridge.whenEnded();
        scicat.calm();
        bridge.start();
        await bridge.whenReady();
      }),
    ));

  it('of one bridge of two, which sleeps longer than its lease, lists everything once', async () => {
    const { 'scicat-bridge': first } = beside.apps;
    const [port] = await freePorts(1);
    const second = new AppProcess({
      ...first.options,
      logFile: join(beside.directory, 'second-bridge.log'),
      readyUrl: first.options.readyUrl.replace(/:\d+\//, `:${port}/`),
    });
    second.start({ PORT: String(port) });
    await second.whenReady();
    try {
      for (const sleeper of [first, second]) {
        await survives(async () => {
          sleeper.signal('SIGSTOP');
          // Its lease of nine seconds runs out, and the other one takes its jobs over.
          await sleep(11_000);
          sleeper.signal('SIGCONT');
        }, 6);
      }
    } finally {
      await second.stop();
    }
  });
});
