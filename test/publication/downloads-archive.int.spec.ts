import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fromBuffer, type Entry, type ZipFile } from 'yauzl';
import type { FileLine } from '#publication-feed';
import { CopyServer } from './support/copy-server.js';
import { fileLine, recordOf } from './support/public-records.js';
import { PublicSite } from './support/public-site.js';

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const contents = new Map<string, Buffer>([
  ['run 1/frame 0001.h5', randomBytes(300_000)],
  ['run 1/päge "1".txt', Buffer.from('ü')],
  [`long/${'very-long-name-'.repeat(15)}/end.dat`, randomBytes(10)],
  ['empty.txt', Buffer.alloc(0)],
  ...Array.from({ length: 1100 }, (_, index): [string, Buffer] => [
    `many/${String(index).padStart(5, '0')}`,
    Buffer.from(`file ${index}`),
  ]),
  ['z/last.bin', randomBytes(100_000)],
]);

describe('Archives of a publication', () => {
  let site: PublicSite;
  let copies: CopyServer;
  let lines: FileLine[];
  const whole: Record<string, Buffer> = {};

  before(async () => {
    copies = await CopyServer.start();
    site = await PublicSite.start({ DOWNLOAD_ORIGINS: copies.origin });
    // Two datablocks, one of them half, so that one file comes from here and the next from there.
    const even = [...contents].filter((_, index) => index < 1000 || index % 2 === 0);
    const odd = [...contents].filter((_, index) => index >= 1000 && index % 2 === 1);
    lines = [
      ...(await copies.add(site, 'even', Object.fromEntries(even), { time: '2024-02-29T23:59:59.120Z' })),
      ...(await copies.add(site, 'odd', Object.fromEntries(odd))),
    ].sort((left, right) => (left.path < right.path ? -1 : 1));
    await site.put(recordOf('10.5072/all'), new Date(), lines);
  });
  after(async () => {
    await site.stop();
    await copies.stop();
  });

  const get = async (format: string, headers: Record<string, string> = {}, doi = '10.5072/all') => {
    const response = await site.fetch(`/doi/${doi}/archive.${format}`, { headers });
    return { response, body: Buffer.from(await response.arrayBuffer()) };
  };

  const unzipped = (bytes: Buffer): Promise<Map<string, Buffer>> =>
    new Promise((resolve, reject) => {
      fromBuffer(bytes, { lazyEntries: true }, (error, zip?: ZipFile) => {
        if (error !== null || zip === undefined) return reject(error ?? new Error('no zip'));
        const found = new Map<string, Buffer>();
        zip.on('end', () => resolve(found)).on('error', reject);
        zip.on('entry', (entry: Entry) =>
          zip.openReadStream(entry, (failed, stream) => {
            if (failed !== null || stream === undefined) return reject(failed ?? new Error('no stream'));
            const parts: Buffer[] = [];
            stream.on('data', (part: Buffer) => parts.push(part)).on('error', reject);
            stream.on('end', () => {
              found.set(entry.fileName, Buffer.concat(parts));
              zip.readEntry();
            });
          }),
        );
        zip.readEntry();
      });
    });

  const sameAsContents = (found: ReadonlyMap<string, Buffer>): void => {
    assert.equal(found.size, contents.size + 1);
    for (const [path, content] of contents) assert.ok(found.get(path)?.equals(content), path);
    const manifest = found.get('manifest-sha256.txt')?.toString() ?? '';
    assert.equal(manifest, lines.map(({ path }) => `${digest(contents.get(path)!)}  ${path}\n`).join(''));
    assert.equal([...found.keys()][0], 'manifest-sha256.txt');
  };

  it('29: a zip of everything, of known length, for any reader', async () => {
    const { response, body } = await get('zip');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/zip');
    assert.equal(Number(response.headers.get('content-length')), body.length);
    assert.equal(response.headers.get('content-disposition'), 'attachment; filename="10.5072-all.zip"');
    sameAsContents(await unzipped(body));
    whole['zip'] = body;
  });

  it('29: a tar of everything, of known length, for tar', async () => {
    const { response, body } = await get('tar');
    assert.equal(Number(response.headers.get('content-length')), body.length);
    assert.equal(body.length % 10_240, 0);
    const folder = await mkdtemp(join(tmpdir(), 'catena-tar-'));
    execFileSync('tar', ['-x', '-C', folder], { input: body });
    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'manifest-sha256.txt'], { cwd: folder });
    const names = execFileSync('tar', ['-t', '--quoting-style=literal'], { input: body }).toString().trim();
    assert.equal(names.split('\n').length, contents.size + 1);
    assert.equal(names.split('\n')[0], 'manifest-sha256.txt');
    await rm(folder, { recursive: true });
    whole['tar'] = body;
  });

  for (const format of ['zip', 'tar']) {
    it(`29: a ${format} is the same bytes every time, and HEAD tells their number`, async () => {
      const again = await get(format);
      assert.ok(again.body.equals(whole[format]!));
      const head = await site.fetch(`/doi/10.5072/all/archive.${format}`, { method: 'HEAD' });
      assert.equal(Number(head.headers.get('content-length')), again.body.length);
      assert.equal(head.headers.get('etag'), again.response.headers.get('etag'));
    });

    it(`28: a ${format} can be had in any pieces`, async () => {
      const all = whole[format]!;
      const { response } = await get(format, { range: 'bytes=0-0' });
      const etag = response.headers.get('etag') ?? '';
      const edges = [0, 1, 29, 30, 48, 150, 100_000, 100_001, 250_000, 480_000, all.length - 100_000];
      edges.push(all.length - 22, all.length - 21, all.length - 1, all.length);
      for (let index = 0; index < 8; index += 1) edges.push(Math.floor((index * all.length) / 8));
      edges.sort((left, right) => left - right);
      for (const [index, first] of edges.slice(0, -1).entries()) {
        const end = edges[index + 1]!;
        if (end === first) continue;
        const { response: part, body } = await get(format, {
          range: `bytes=${first}-${end - 1}`,
          'if-range': etag,
        });
        assert.equal(part.status, 206);
        assert.ok(body.equals(all.subarray(first, end)), `${first}-${end}`);
      }
    });
  }

  it('28: a zip that broke off is resumed, though no checksum is remembered', async (t) => {
    await site.store.members.updateMany({}, { $unset: { crc32: 1 } });
    const all = whole['zip']!;
    const other = await PublicSite.start({ DOWNLOAD_ORIGINS: copies.origin }, site.database);
    t.after(() => other.stop(true));
    for (const first of [200_000, all.length - 30_000, all.length - 100]) {
      const headers = { range: `bytes=${first}-` };
      const response = await other.fetch('/doi/10.5072/all/archive.zip', { headers });
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(all.subarray(first)), String(first));
    }
    assert.equal(await site.store.members.countDocuments({ crc32: { $exists: false } }), 0);
  });

  it('28: a resumed zip asks the source for no more than the rest', async () => {
    const before_ = copies.sent;
    const all = whole['zip']!;
    const { body } = await get('zip', { range: `bytes=${all.length - 150_000}-` });
    assert.equal(body.length, 150_000);
    assert.ok(copies.sent - before_ < 200_000, `${copies.sent - before_} bytes`);
  });

  it('reads neighbours in a datablock with one request', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 450 }, (_, index) => [
        `f${String(index).padStart(4, '0')}`,
        Buffer.from(`x${index}`),
      ]),
    );
    await site.put(recordOf('10.5072/run'), new Date(), await copies.add(site, 'run', files));
    const asked = copies.requests.length;
    await get('tar', {}, '10.5072/run');
    assert.equal(copies.requests.length - asked, 1);
  });

  it('names the checksums differently when a file has their name', async () => {
    const files = await copies.add(site, 'own', { 'manifest-sha256.txt': Buffer.from('mine') });
    await site.put(recordOf('10.5072/own'), new Date(), files);
    const found = await unzipped((await get('zip', {}, '10.5072/own')).body);
    assert.deepEqual([...found.keys()], ['manifest-sha256-of-all-files.txt', 'manifest-sha256.txt']);
    assert.equal(found.get('manifest-sha256.txt')?.toString(), 'mine');
  });

  it('29, 30: what is missing is found out before the first byte', async () => {
    await site.put(recordOf('10.5072/half'), new Date(), [...lines, fileLine('never.dat')]);
    assert.equal((await get('zip', {}, '10.5072/half')).response.status, 404);
    const lost = fileLine('lost.dat', { archiveId: 'even', member: 'lost.dat' });
    await site.put(recordOf('10.5072/lost'), new Date(), [...lines, lost]);
    assert.equal((await get('tar', {}, '10.5072/lost')).response.status, 202);
    const changed = lines.map((line, index) => (index === 5 ? { ...line, size: line.size + 1 } : line));
    await site.put(recordOf('10.5072/changed'), new Date(), changed);
    assert.equal((await get('tar', {}, '10.5072/changed')).response.status, 202);
  });

  it('29: is planned once, not once in every process', async () => {
    await get('tar');
    const record = await site.store.records.findOne({ _id: '10.5072/all' });
    const list = { _id: record!.record.files!.sha256 };
    const { matchedCount } = await site.store.plans.updateOne(list, { $inc: { 'plan.tar.size': 512 } });
    assert.equal(matchedCount, 1);
    const later = await PublicSite.start({ DOWNLOAD_ORIGINS: copies.origin }, site.database);
    try {
      const head = await later.fetch('/doi/10.5072/all/archive.tar', { method: 'HEAD' });
      assert.equal(Number(head.headers.get('content-length')), whole['tar']!.length + 512);
    } finally {
      await later.stop(true);
      await site.store.plans.deleteOne(list);
    }
    const lost = await site.store.records.findOne({ _id: '10.5072/lost' });
    const kept = await site.store.plans.findOne({ _id: lost!.record.files!.sha256 });
    assert.equal(kept, null, 'places of files may arrive later');
  });

  it('a source that dies in the middle cuts the archive off', async () => {
    let left = 2;
    copies.trouble = (request, response) => {
      left -= 1;
      if (left >= 0) return false;
      response.writeHead(500).end();
      return request.url !== undefined;
    };
    const response = await site.fetch('/doi/10.5072/all/archive.tar');
    assert.equal(response.status, 200);
    await assert.rejects(response.arrayBuffer());
    copies.trouble = () => false;
  });
});
