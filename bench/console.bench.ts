import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { Browser } from '../test/support/browser/browser.js';
import { OpenPage } from '../test/support/browser/open-page.js';
import { Installation } from '../test/support/installation.js';
import { storedJob } from './catalog/jobs.js';
import { FireHose } from './console/fire-hose.js';
import { line, milliseconds, percentile, processorSeconds } from './console/numbers.js';

/**
 * The console in a real browser, beside a bare static page in the same one (../docs/performance.md). Jobs: CONSOLE_BENCH_JOBS
 * (default 100000); seconds of the replay of eight hours: CONSOLE_BENCH_REPLAY (default 120). Prints, and never fails by a time.
 */
const jobs = Number(process.env['CONSOLE_BENCH_JOBS'] ?? '100000');
const replaySeconds = Number(process.env['CONSOLE_BENCH_REPLAY'] ?? '120');
const rounds = 10;
const batch = 1000;
/** Eight hours of twenty events a second. */
const eventsOfAShift = 8 * 3600 * 20;
/** As many as the console lets one person have, less those that may still be closing. */
const perPerson = 32;
const large = { datasets: 10_000, parts: 50_000 };

type Stored = { _id: string; [field: string]: unknown };
type Cookies = NonNullable<Exclude<BrowserContextOptions['storageState'], string>>;

const installation = await Installation.create({ console: true, environment: { LOG_LEVEL: 'warn' } });
let browser: Browser | undefined;
try {
  await installation.start();
  const now = Date.now();
  await seedJobs(now);
  const largeJob = await seedLargeJob(now);
  browser = await Browser.start();
  const base = `http://127.0.0.1:${installation.settings.ports.console}`;
  const first = await OpenPage.of(browser, base);
  await first.signIn('admin', installation.settings.secrets.accounts.admin);
  const { cookies } = await first.page.context().storageState();
  await first.close();
  const storageState = { cookies, origins: [] };
  const open = (at = base): Promise<OpenPage> => OpenPage.of(browser!, at, { storageState });
  await listOfJobs(open, base);
  await barePage(browser);
  await filters(open);
  await largeJobPage(open, largeJob);
  await scrolling(open);
  await reports(open);
  await manyConsoles(base, storageState);
  await shift(open, base);
} finally {
  await browser?.stop();
  await installation.stop(process.env['KEEP'] !== undefined);
}

async function seedJobs(now: number): Promise<void> {
  await installation.withDatabase('catalog-api', async (database) => {
    const collection = database.collection<Stored>('Job');
    for (let from = 0; from < jobs; from += batch)
      await collection.insertMany(
        Array.from({ length: Math.min(batch, jobs - from) }, (_, place) =>
          storedJob(from + place, jobs, now),
        ),
        { ordered: false },
      );
  });
  console.log(`${jobs} jobs are stored`);
}

/** One that is under way, with its datasets and its parts. */
async function seedLargeJob(now: number): Promise<string> {
  const id = 'a-large-job';
  const { jobParams: _params, ...job } = storedJob(jobs, jobs, now);
  const datasetList = Array.from({ length: large.datasets }, (_, place) => ({
    ...{ pid: `20.500.12345/large-${place}`, files: [] },
  }));
  await installation.withDatabase('catalog-api', async (database) => {
    await database
      .collection<Stored>('Job')
      .insertOne({ ...job, _id: id, id, jobParams: { datasetList }, statusCode: 'inProgress' });
    // One that another system runs, which alone may say how far it is.
    const catena = { outbox: { rows: [] }, workflow: 'none', history: [], reported: 0, unfinished: true };
    await database.collection<Stored>('Job').insertOne({
      ...{ ...job, _id: 'a-reported-job', id: 'a-reported-job', catena, statusCode: 'inProgress' },
      jobParams: { datasetList: datasetList.slice(0, 1) },
    });
  });
  await installation.withDatabase('job-assembler', async (database) => {
    const orders = database.collection<Stored>('work_orders');
    const each = large.parts / large.datasets;
    for (let from = 0; from < large.parts; from += batch)
      await orders.insertMany(
        Array.from({ length: batch }, (_, place) => {
          const [dataset, part] = [Math.floor((from + place) / each), (from + place) % each];
          return {
            ...{
              _id: `${id}/${dataset}/${part}`,
              jobId: id,
              kind: 'archive',
              state: 'done',
              group: 'group7',
            },
            ...{ pid: `20.500.12345/large-${dataset}`, createdAt: new Date(now), outbox: { rows: [] } },
          };
        }),
        { ordered: false },
      );
  });
  return id;
}

/** From the navigation until rows are painted and a filter can be used. */
async function untilRows(page: Page, address: string): Promise<number> {
  const begun = performance.now();
  await page.goto(address, { waitUntil: 'commit' });
  await page.locator('main table.jobs tbody tr').first().waitFor();
  await page.locator('main .views a').first().waitFor();
  await painted(page);
  return performance.now() - begun;
}

/** After the next frame: what is in the page is on the screen then. */
function painted(page: Page): Promise<unknown> {
  return page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

async function listOfJobs(open: () => Promise<OpenPage>, base: string): Promise<void> {
  const [cold, warm]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const one = await open();
    cold.push(await untilRows(one.page, `${base}/console/jobs`));
    warm.push(await untilRows(one.page, `${base}/console/jobs`));
    await one.close();
  }
  line(`/jobs of ${jobs}, cold cache, p90`, milliseconds(percentile(cold, 0.9)), '1000 ms');
  line(`/jobs of ${jobs}, warm cache, p90`, milliseconds(percentile(warm, 0.9)), '500 ms');
}

/** What the browser and this machine take for a page that does nothing. */
async function barePage(chromium: Browser): Promise<void> {
  const server = createServer((_, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<!doctype html><title>bare</title><main><p>text</p></main>'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const page = await chromium.page();
    const begun = performance.now();
    await page.goto(address, { waitUntil: 'commit' });
    await page.locator('main p').waitFor();
    await painted(page);
    times.push(performance.now() - begun);
    await page.context().close();
  }
  server.closeAllConnections();
  server.close();
  line('a bare static page, p90', milliseconds(percentile(times, 0.9)), 'none: to compare with');
}

async function filters(open: () => Promise<OpenPage>): Promise<void> {
  const one = await open();
  await one.go('/console/jobs');
  const views = one.page.locator('main .views').first().locator('a');
  await views.nth(1).waitFor();
  const times: number[] = [];
  for (let round = 0; round < rounds * 2; round += 1) {
    // Another group each time: nothing of it is in the cache.
    const address = `/console/jobs?group=group${round}`;
    await one.page.evaluate(`history.replaceState(history.state, '', location.href)`);
    const begun = performance.now();
    await one.page.evaluate(
      `(history.pushState({}, '', '${address}'), dispatchEvent(new PopStateEvent('popstate', { state: {} })))`,
    );
    await one.page.getByText(`group${round}`, { exact: true }).nth(1).waitFor();
    await painted(one.page);
    times.push(performance.now() - begun);
  }
  await one.close();
  line('another filter until painted, p90', milliseconds(percentile(times, 0.9)), '300 ms');
}

async function largeJobPage(open: () => Promise<OpenPage>, id: string): Promise<void> {
  const one = await open();
  const sizes = new Map<string, number>();
  one.page.on('response', (response) => {
    if (!response.url().includes(`/jobs/${id}/`)) return;
    void response.body().then(
      (body) => sizes.set(new URL(response.url()).pathname, body.length),
      () => undefined,
    );
  });
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const begun = performance.now();
    await one.page.goto(`${installationConsole()}/console/jobs/${id}`, { waitUntil: 'commit' });
    await one.page.locator('main .page-head h1 .id').waitFor();
    await painted(one.page);
    times.push(performance.now() - begun);
    await one.page.locator('main .parts li').first().waitFor();
  }
  await one.close();
  const what = `a job of ${large.datasets} datasets and ${large.parts} parts`;
  line(`${what}, first paint, p90`, milliseconds(percentile(times, 0.9)), '1000 ms');
  line('  its largest answer', `${(Math.max(...sizes.values()) / 1024).toFixed(0)} KiB`, '200 KiB');
}

function installationConsole(): string {
  return `http://127.0.0.1:${installation.settings.ports.console}`;
}

async function scrolling(open: () => Promise<OpenPage>): Promise<void> {
  const wanted = Math.min(jobs, 10_000);
  const one = await open();
  await one.go('/console/jobs');
  const { page } = one;
  const button = page.locator('main .list-end button').first();
  const counted = async (): Promise<number> =>
    Number(
      /[\d,.\s]+/.exec((await page.locator('main .list-end').textContent()) ?? '')?.[0].replace(/\D/g, ''),
    );
  const begun = performance.now();
  for (let shown = 0; shown < wanted; shown = await counted()) {
    await button.waitFor();
    await button.click();
    await page.waitForTimeout(30);
    if (performance.now() - begun > 300_000) break;
  }
  const rows = await counted();
  const { frames, longest } = await page.evaluate<{ frames: number[]; longest: number }>(`(async () => {
    let longest = 0;
    const watch = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
    });
    watch.observe({ entryTypes: ['longtask'] });
    const frames = [];
    let last = performance.now();
    const height = document.documentElement.scrollHeight;
    for (let step = 0; step < 300; step += 1) {
      scrollTo(0, (height * step) / 300);
      await new Promise((done) => requestAnimationFrame(done));
      const now = performance.now();
      frames.push(now - last);
      last = now;
    }
    watch.disconnect();
    return { frames, longest };
  })()`);
  await one.close();
  line(`scrolling ${rows} loaded rows, frame, p95`, milliseconds(percentile(frames, 0.95)), '34 ms');
  line('  its longest task', longest === 0 ? 'below 50 ms' : milliseconds(longest), '100 ms');
}

/** From what the catalogue is told until it is on the page. */
async function reports(open: () => Promise<OpenPage>): Promise<void> {
  const client = await installation.client('admin');
  const id = 'a-reported-job';
  const one = await open();
  await one.go(`/console/jobs/${id}`);
  await one.page.locator('main .page-head h1 .id').waitFor();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const words = `report number ${round} of the measurement`;
    const begun = performance.now();
    const { status, body } = await client.call('PATCH', `/api/v3/Jobs/${id}`, {
      ...{ jobStatusMessage: words, statusMessage: words, statusCode: 'inProgress' },
    });
    assert.ok(status < 300, JSON.stringify(body));
    await one.page.getByText(words).first().waitFor();
    times.push(performance.now() - begun);
    await sleep(1200);
  }
  await one.close();
  line('a report until it is on the page, p90', milliseconds(percentile(times, 0.9)), '2000 ms');
}

/** Event streams of pages that are all open; nothing happens. */
async function manyConsoles(base: string, { cookies }: Cookies): Promise<void> {
  const catalogue = installation.apps['catalog-api'].pid ?? 0;
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const gone = new AbortController();
  const streams = await Promise.all(
    Array.from({ length: perPerson }, () =>
      fetch(`${base}/console/api/events?topics=jobs,operations`, {
        headers: { cookie, accept: 'text/event-stream' },
        signal: gone.signal,
      }),
    ),
  );
  assert.ok(
    streams.every(({ status }) => status === 200),
    String(streams[0]?.status),
  );
  for (const { body } of streams) void body?.pipeTo(new WritableStream()).catch(() => undefined);
  await sleep(3000);
  const [seconds, before] = [20, processorSeconds(catalogue)];
  await sleep(seconds * 1000);
  const share = ((processorSeconds(catalogue) - before) / seconds) * 100;
  gone.abort();
  line(`${perPerson} open consoles, of a core in catalog-api`, `${share.toFixed(1)} %`, '5 % (of 100)');
}

/** A tab that is left open for a shift: its memory, and what is in its page. */
async function shift(open: (at: string) => Promise<OpenPage>, base: string): Promise<void> {
  const rowOf = (number: number): object => {
    const index = jobs - 1 - (number % 200);
    const { catena: _catena, jobParams: _params, ...row } = storedJob(index, jobs, Date.now());
    return { ...row, datasets: { count: 3 }, statusMessage: `Event ${number}.` };
  };
  const hose = await FireHose.before(new URL(base), rowOf);
  const one = await open(hose.url);
  await one.go('/console/jobs');
  await one.page.locator('main table.jobs tbody tr').first().waitFor();
  hose.rate = eventsOfAShift / replaySeconds;
  await sleep(replaySeconds * 1000);
  hose.rate = 0;
  await sleep(3000);
  const session = await one.page.context().newCDPSession(one.page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const nodes = await one.page.evaluate<number>(`document.querySelectorAll('*').length`);
  await one.close();
  hose.stop();
  line(`${hose.sent} events in ${replaySeconds} s: heap`, `${(usedSize / 2 ** 20).toFixed(0)} MiB`, '150 MB');
  line('  nodes of the page', String(nodes), '3000');
}
