import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { CatalogClient } from './catalog-client.js';

describe('File lists read from the catalogue', () => {
  let server: Server;
  let client: CatalogClient;
  /** What the catalogue lists, how many it counts, and files of each. */
  let catalogue: { ids: string[]; count: number; files?: number };
  const addresses: number[] = [];
  /** Blocks asked for at once. */
  let pages: number[] = [];

  before(async () => {
    server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      addresses.push((request.url ?? '').length);
      response.end(JSON.stringify(answer(new URL(request.url ?? '', 'http://catalogue'))));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    client = new CatalogClient({
      catalog: { url: `http://127.0.0.1:${port}`, username: 'u', password: 'p' },
    } as unknown as JobAssemblerConfig);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  function answer({ pathname, searchParams }: URL): unknown {
    if (/login/i.test(pathname)) return { id: 'token', access_token: 'token' };
    if (pathname.endsWith('/count')) return { count: catalogue.count };
    const filter = searchParams.get('filter') ?? '';
    const { where } = JSON.parse(filter) as { where: { pid?: { $in: string[] } } };
    if (where.pid !== undefined) return where.pid.$in.map((pid) => ({ pid, size: 7 }));
    const { limit } = (JSON.parse(filter) as { limits: { limit: number } }).limits;
    pages.push(limit);
    const [, last = ''] = /"_id":[{]"[$]?gt":"([^"]*)"/.exec(filter) ?? [];
    return catalogue.ids
      .filter((id) => id > last)
      .slice(0, limit)
      .map((_id) => ({ _id, dataFileList: Array.from({ length: catalogue.files ?? 0 }, () => 0) }));
  }
  const ids = (count: number): string[] =>
    Array.from({ length: count }, (_, index) => String(index).padStart(5, '0'));
  async function read(list: AsyncIterable<{ _id: string }>): Promise<string[]> {
    const seen: string[] = [];
    for await (const { _id } of list) seen.push(_id);
    return seen;
  }

  for (const count of [0, 3, 4, 9])
    it(`are whole when as many come as are counted: ${count}`, async () => {
      catalogue = { ids: ids(count), count };
      assert.deepEqual(await read(client.fileBlocks('p')), ids(count));
      assert.deepEqual(await read(client.datablocks('p')), ids(count));
      assert.deepEqual(await read(client.listedDatablocks('p')), ids(count));
    });

  it('come one block first where files come with them, then as many as list about 20 000 files', async () => {
    catalogue = { ids: ids(9), count: 9, files: 6000 };
    for (const list of ['listedDatablocks', 'fileBlocks'] as const) {
      pages = [];
      await read(client[list]('p'));
      assert.deepEqual(pages, [1, 3, 3, 3]);
    }
  });

  for (const [what, count] of [
    ['fewer', 10],
    ['more', 8],
  ] as const)
    it(`are read again, and planned by nobody, when ${what} come than are counted`, async () => {
      catalogue = { ids: ids(9), count };
      const moving = { code: 'assembly.list-moving', retriable: true };
      await assert.rejects(read(client.fileBlocks('p')), moving);
      await assert.rejects(read(client.datablocks('p')), moving);
      await assert.rejects(read(client.listedDatablocks('p')), moving);
    });

  it('are counted in bytes for any number of datasets, whatever their ids look like', async () => {
    for (const length of [5, 300, 990]) {
      const pids = Array.from({ length: 250 }, (_, index) => `prefix/${'ü'.repeat(length)}${index}`);
      assert.equal(await client.bytesOf(pids, 'size'), 250 * 7);
    }
    assert.equal(await client.bytesOf([], 'size'), 0);
    assert.ok(Math.max(...addresses) < 8192, `an address of ${Math.max(...addresses)} bytes`);
  });
});
