import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilledStore } from './publication/filled-store.js';
import { Program } from './publication/processes.js';
import { download, read, secondsSince, textOf } from './publication/readers.js';

/**
 * The public side: landing pages for eight readers, records a harvester gets in a second at the start and at the end of
 * a large store, and downloads next to a static file server that reads the same bytes. Server, static server and client
 * are processes of their own; ratios within a run count, not numbers.
 *
 * PUBLICATION_RECORDS (20000; 1000000 for the whole), PUBLICATION_MEGABYTES (1024), PUBLICATION_PAGES (2000),
 * PUBLICATION_ONLY (pages, harvest or downloads), PUBLICATION_NODE_OPTIONS for the server, such as `--cpu-prof`.
 */
const records = Number(process.env['PUBLICATION_RECORDS'] ?? 20_000);
const megabytes = Number(process.env['PUBLICATION_MEGABYTES'] ?? 1024);
const pages = Math.min(Number(process.env['PUBLICATION_PAGES'] ?? 2000), records);
const only = process.env['PUBLICATION_ONLY'] ?? '';
const options = (process.env['PUBLICATION_NODE_OPTIONS'] ?? '').split(' ').filter((one) => one !== '');
/** Better of so many, because the machine is not ours alone. */
const rounds = 2;
const asBrowser = { accept: 'text/html' };

const folder = await mkdtemp(join(tmpdir(), 'catena-bench-'));
const uri = new URL(process.env['MONGODB_URI'] ?? 'mongodb://127.0.0.1:27017');
uri.pathname = `/public-bench-${process.pid}`;
const still = await Program.printing('./static-server.js', [join(folder, 'block.tar')]);
const server = await Program.listening(
  '../../apps/publication-server/src/main.js',
  {
    MONGODB_URI: uri.href,
    PUBLIC_URL: 'https://data.example.org',
    PUSH_SECRET: 'a push secret of the measurement',
    REQUEST_LIMIT_PER_ADDRESS: '0',
    LOG_LEVEL: 'error',
    DOWNLOAD_ORIGINS: still.url,
    DOWNLOADS_PER_CLIENT: '64',
    OAI_PAGE_SIZE: '500',
  },
  options,
);
const store = new FilledStore(uri.href);
try {
  const began = performance.now();
  await store.fill(records);
  console.log(`${records} records rendered and stored in ${secondsSince(began).toFixed(1)} s`);
  for (const [name, measure] of [
    ['pages', readPages],
    ['harvest', harvestAll],
    ['downloads', downloadAll],
  ] as const)
    if (name.includes(only)) await measure();
  console.log(`memory of the server at most: ${server.peakMemory} MB`);
} finally {
  await server.stop();
  await still.stop();
  await store.remove();
  await rm(folder, { recursive: true });
}

async function readPages(): Promise<void> {
  // Far apart, and every tenth has another version.
  const step = Math.floor(records / pages);
  const urls = Array.from({ length: pages }, (_, n) => `${server.url}/doi/${FilledStore.doi(n * step)}`);
  const warming = Array.from(
    { length: Math.min(500, records) },
    (_, n) => `${server.url}/doi/${FilledStore.doi(n)}`,
  );
  await read(warming, asBrowser);
  const bare = await read(
    urls.map(() => `${still.url}/page`),
    asBrowser,
  );
  const best = async (what: string, headers: Record<string, string>, target: string): Promise<void> => {
    let most = 0;
    const before = server.processorTime;
    for (let round = 0; round < rounds; round += 1) most = Math.max(most, await read(urls, headers));
    const each = ((server.processorTime - before) / urls.length / rounds) * 1000;
    row(
      what,
      `${Math.round(most)} a second, ${each.toFixed(2)} ms of processor time each`,
      most / bare,
      target,
    );
  };
  await best('landing pages, eight readers', asBrowser, '300 a second');
  await best('BibTeX by negotiation', { accept: 'application/x-bibtex' }, 'none');
  row('a page from memory, static server', `${Math.round(bare)} a second`, 1, 'the limit');
}

async function harvestAll(): Promise<void> {
  for (const format of ['oai_dc', 'oai_datacite']) {
    const quarters = await harvest(format);
    const [first = 1, last = 1] = [quarters[0], quarters.at(-1)];
    row(
      `harvest ${format}, last quarter against first`,
      `${quarters.map(Math.round).join(', ')} records a second by quarters`,
      last / first,
      '1: steady',
    );
  }
}

/** @returns records a second, of every quarter */
async function harvest(format: string): Promise<number[]> {
  let token: string | undefined;
  let count = 0;
  const quarters: number[] = [];
  let [began, counted] = [performance.now(), 0];
  do {
    const query =
      token === undefined ? `metadataPrefix=${format}` : `resumptionToken=${encodeURIComponent(token)}`;
    const text = await textOf(`${server.url}/oai?verb=ListRecords&${query}`);
    count += text.split('<record>').length - 1;
    token = /<resumptionToken[^>]*>([^<]+)<\/resumptionToken>/.exec(text)?.[1];
    if (count >= ((quarters.length + 1) * records) / 4) {
      quarters.push((count - counted) / secondsSince(began));
      [began, counted] = [performance.now(), count];
    }
  } while (token !== undefined);
  assert.equal(count, records);
  return quarters;
}

async function downloadAll(): Promise<void> {
  const doi = '10.5072/bench-download';
  await store.download(doi, join(folder, 'block.tar'), still.url, megabytes);
  const page = `${server.url}/doi/${doi}`;
  const things = [
    ['static file server', `${still.url}/block.tar`, 'the limit'],
    ['one file, SHA-256 checked on the way', `${page}/files/big.bin`, '0.8'],
    ['zip', `${page}/archive.zip`, '0.7'],
    ['tar', `${page}/archive.tar`, '0.7'],
  ] as const;
  for (const [, url] of things) await download(url);
  const most = things.map(() => 0);
  for (let round = 0; round < rounds; round += 1)
    for (const [index, [, url]] of things.entries())
      most[index] = Math.max(most[index] ?? 0, await download(url));
  for (const [index, [what, , target]] of things.entries())
    row(what, `${Math.round(most[index] ?? 0)} MB/s`, (most[index] ?? 0) / (most[0] ?? 1), target);
}

function row(what: string, found: string, ratio: number, target: string): void {
  console.log(`${what.padEnd(46)} ${found.padEnd(56)} ratio ${ratio.toFixed(2)}, target ${target}`);
}
