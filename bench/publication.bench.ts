import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { writeDatablock } from '#datablock';
import { sha256Of, type FileLine } from '#publication-feed';
import { memberId } from '../apps/publication-server/src/persistence/records.js';
import { storedRecord } from '../apps/publication-server/src/persistence/stored-record.js';
import { fileLine, recordOf, resourceOf } from '../test/publication/support/public-records.js';
import { PublicSite } from '../test/publication/support/public-site.js';

/**
 * The public side: records a harvester gets in a second at the start and at the end of a large store, landing pages
 * rendered in a second, and downloads next to a static file server that reads the same bytes. Client and server share
 * one process and two cores: ratios count, not numbers.
 */
const records = Number(process.env['PUBLICATION_RECORDS'] ?? 20_000);
const megabytes = Number(process.env['PUBLICATION_MEGABYTES'] ?? 1024);
const pages = 500;

const folder = await mkdtemp(join(tmpdir(), 'catena-bench-'));
const copies = await staticServer(join(folder, 'block.tar'));
const origin = `http://127.0.0.1:${(copies.address() as AddressInfo).port}`;
const site = await PublicSite.start({
  DOWNLOAD_ORIGINS: origin,
  OAI_PAGE_SIZE: '500',
  DOWNLOADS_PER_CLIENT: '64',
});
try {
  await fill();
  await harvest('oai_dc');
  await harvest('oai_datacite');
  await render();
  await download();
} finally {
  await site.stop();
  copies.close();
  await rm(folder, { recursive: true });
}

async function fill(): Promise<void> {
  const began = performance.now();
  for (let first = 0; first < records; first += 1000)
    await site.store.records.insertMany(
      Array.from({ length: Math.min(1000, records - first) }, (_, index) => {
        const n = first + index;
        const doi = `10.5072/bench-${String(n).padStart(8, '0')}`;
        const stored = storedRecord(recordOf(doi, { resource: resourceOf(doi) }), new Date());
        const datestamp = new Date(1_700_000_000_000 + n * 1000);
        return { ...stored, datestamp, settled: true, arrivedAt: datestamp };
      }),
    );
  console.log(`${records} records rendered and stored in ${seconds(began).toFixed(1)} s`);
}

async function harvest(format: string): Promise<void> {
  let token: string | undefined;
  let count = 0;
  const marks: string[] = [];
  let tenth = performance.now();
  const began = performance.now();
  do {
    const query =
      token === undefined ? `metadataPrefix=${format}` : `resumptionToken=${encodeURIComponent(token)}`;
    const text = await (await site.fetch(`/oai?verb=ListRecords&${query}`)).text();
    const found = text.split('<record>').length - 1;
    count += found;
    token = /<resumptionToken[^>]*>([^<]+)<\/resumptionToken>/.exec(text)?.[1];
    if (count % Math.max(1, Math.floor(records / 4)) < found) {
      marks.push(`${Math.round(records / 4 / seconds(tenth))}`);
      tenth = performance.now();
    }
  } while (token !== undefined);
  assert.equal(count, records);
  console.log(
    `harvest ${format}: ${Math.round(count / seconds(began))} records/s (by quarters: ${marks.slice(0, 4).join(', ')}), memory ${rss()} MB`,
  );
}

async function render(): Promise<void> {
  const names = Array.from({ length: pages }, (_, n) => `10.5072/bench-${String(n * 7).padStart(8, '0')}`);
  for (const [what, headers] of [
    ['landing page', { accept: 'text/html' }],
    ['BibTeX', { accept: 'application/x-bibtex' }],
  ] as const) {
    await (await site.fetch(`/doi/${names[0]}`, { headers })).text();
    const began = performance.now();
    const lane = async (offset: number): Promise<void> => {
      for (let index = offset; index < names.length; index += 8) {
        const response = await site.fetch(`/doi/${names[index]}`, { headers });
        assert.equal(response.status, 200);
        await response.arrayBuffer();
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, offset) => lane(offset)));
    console.log(`${what}: ${Math.round(names.length / seconds(began))} a second`);
  }
}

async function download(): Promise<void> {
  const doi = '10.5072/bench-download';
  await site.put(recordOf(doi), new Date(), await packed());
  const measure = async (what: string, url: string): Promise<number> => {
    const began = performance.now();
    let bytes = 0;
    const response = await fetch(url);
    assert.equal(response.status, 200, what);
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) bytes += chunk.length;
    const rate = bytes / 1e6 / seconds(began);
    console.log(`${what}: ${Math.round(rate)} MB/s, memory ${rss()} MB`);
    return rate;
  };
  const bare = await measure('static file server', `${origin}/block.tar`);
  const rates = {
    'one file': await measure('one file', `${site.url}/doi/${doi}/files/big.bin`),
    zip: await measure('zip', `${site.url}/doi/${doi}/archive.zip`),
    'zip again': await measure('zip again', `${site.url}/doi/${doi}/archive.zip`),
    tar: await measure('tar', `${site.url}/doi/${doi}/archive.tar`),
  };
  const ratios = Object.entries(rates).map(([name, rate]) => `${name} ${(rate / bare).toFixed(2)}`);
  console.log(`against the static file server: ${ratios.join(', ')}`);
}

/** One large file and two hundred small ones in one datablock. */
async function packed(): Promise<FileLine[]> {
  const file = await open(join(folder, 'block.tar'), 'w');
  let end = 0;
  const piece = randomBytes(1024 * 1024);
  const pieces = function* (count: number): Generator<Buffer> {
    for (let index = 0; index < count; index += 1) yield piece;
  };
  const small = randomBytes(10_000);
  const { manifest, packedSize } = await writeDatablock({
    identity: { archiveId: 'bench/1/0.tar' },
    members: [
      {
        path: 'big.bin',
        size: megabytes * piece.length,
        modifiedAt: new Date('2026-01-01T00:00:00Z'),
        open: () => Promise.resolve(Readable.from(pieces(megabytes))),
      },
      ...Array.from({ length: 200 }, (_, index) => ({
        path: `small/${index}.dat`,
        size: small.length,
        modifiedAt: new Date('2026-01-01T00:00:00Z'),
        open: () => Promise.resolve(Readable.from([small])),
      })),
    ],
    sink: {
      write: async (chunk) => {
        await file.write(chunk, 0, chunk.length, end);
        end += chunk.length;
      },
      writeAt: async (offset, chunk) => void (await file.write(chunk, 0, chunk.length, offset)),
    },
  });
  await file.truncate(packedSize);
  await file.close();
  const archiveId = 'bench/1/0.tar';
  await site.store.members.insertMany(
    manifest.members.map(({ path, offset, size, sha256 }) => ({
      _id: memberId(archiveId, path),
      ...{ archiveId, offset, size, sha256 },
    })),
  );
  await site.store.copies.insertOne({
    _id: archiveId,
    archiveId,
    members: manifest.members.length,
    url: `${origin}/block.tar`,
    size: packedSize,
    sha256: sha256Of(''),
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  return manifest.members.map(({ path, size, sha256 }) =>
    fileLine(path, { size, sha256, archiveId, member: path }),
  );
}

/** The bare thing: a file with ranges. */
async function staticServer(path: string): Promise<Server> {
  const server = createServer((request, response) => {
    void stat(path).then(({ size }) => {
      const [, from = '0', to = ''] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
      const end = to === '' ? size - 1 : Math.min(Number(to), size - 1);
      const start = Number(from);
      response.writeHead(request.headers.range === undefined ? 200 : 206, {
        'content-length': end - start + 1,
        'content-range': `bytes ${start}-${end}/${size}`,
        'accept-ranges': 'bytes',
      });
      createReadStream(path, { start, end, highWaterMark: 256 * 1024 }).pipe(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function seconds(began: number): number {
  return (performance.now() - began) / 1000;
}

function rss(): number {
  return Math.round(process.memoryUsage().rss / 2 ** 20);
}
