import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { ArchiverConfig } from '../archiver.config.js';
import { CatalogueWord } from './catalogue-word.js';

describe('The word of the catalogue', () => {
  const asked: string[] = [];
  let datasetStatus = 200;
  let datablocks: object[] = [];
  const server = createServer((request, response) => {
    const url = decodeURIComponent(request.url ?? '');
    if (url === '/api/v3/auth/login') return response.writeHead(201).end('{"access_token":"t"}');
    asked.push(url);
    if (url.startsWith('/api/v4/datasets/')) return response.writeHead(datasetStatus).end('{}');
    const { skip = 0, limit = 1 } = limitsOf(url);
    const after = /"gt":"([^"]*)"/.exec(url)?.[1] ?? '';
    const behind = (datablocks as { archiveId: string }[]).filter(({ archiveId }) => archiveId > after);
    return response.writeHead(200).end(JSON.stringify(behind.slice(skip, skip + limit)));
  });
  let word: CatalogueWord;
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    word = new CatalogueWord({ catalog: { url, username: 'archiver', password: 'p' } } as ArchiverConfig);
  });
  after(() => server.close());

  const one = { pid: '20.500/x', archiveId: 'x/1/0.tar' };

  it('is asked for the archive id, of whichever dataset', async () => {
    datablocks = [{ archiveId: one.archiveId }];
    assert.equal(await word.lists(one), true);
    assert.match(
      asked.at(-1) ?? '',
      /^\/api\/v3\/datablocks\?filter=.*"archiveId":\{"inq":\["x\/1\/0.tar"\]\}/,
    );
    datablocks = [];
    assert.equal(await word.lists(one), false);
  });

  it('counts for a dataset that was deleted, and not for one that the account may not see', async () => {
    datasetStatus = 404;
    assert.equal(await word.lists(one), false);
    datablocks = [{ archiveId: one.archiveId }];
    assert.equal(await word.lists(one), true);
    datablocks = [];
    for (datasetStatus of [403, 400])
      await assert.rejects(word.lists(one), { code: 'archiver.catalogue-silent', retriable: true });
    datasetStatus = 503;
    await assert.rejects(word.lists(one), { code: 'catalog.api-away', retriable: true });
  });

  it('names all datablocks it lists, each once, though others come and go between two pages', async () => {
    datasetStatus = 200;
    const named = (index: number) => ({ archiveId: `a/${String(index).padStart(5, '0')}`, datasetId: 'a' });
    datablocks = Array.from({ length: 1001 }, (_, index) => named(index));
    const found: string[] = [];
    for await (const some of word.allListed()) {
      found.push(...some.map(({ archiveId }) => archiveId));
      if (found.length === 500) datablocks = datablocks.slice(1);
    }
    assert.deepEqual(
      found,
      Array.from({ length: 1001 }, (_, index) => named(index).archiveId),
    );
    assert.equal(await word.listsName('a/00001'), true);
    datablocks = [];
    assert.equal(await word.listsName('a/00001'), false);
  });

  it('names all datablocks of a dataset, a page at a time; none of one that is gone, and nothing of one that it may not see', async () => {
    const named = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const archiveId of word.listedOf(one.pid)) found.push(archiveId);
      return found;
    };
    datasetStatus = 200;
    for (const count of [0, 1, 500, 1001]) {
      datablocks = Array.from({ length: count }, (_, index) => ({ archiveId: String(index) }));
      assert.equal(new Set(await named()).size, count);
    }
    assert.match(asked.at(-1) ?? '', /"datasetId":\{"inq":\["20.500\/x"\]\}.*"order":"archiveId:asc"/);
    datasetStatus = 404;
    assert.deepEqual(await named(), []);
    datasetStatus = 403;
    await assert.rejects(named(), { code: 'archiver.catalogue-silent' });
  });

  it('names the files of a datablock, without the directories in its list', async () => {
    datasetStatus = 200;
    const listed = { _id: '1', archiveId: one.archiveId, datasetId: one.pid };
    const files = [
      { path: 'a', size: 1, perm: '-rw-r--r--' },
      { path: 'run', size: 4096, perm: 'drwxr-xr-x' },
      { path: 'run/1', size: 1 },
    ];
    datablocks = [{ ...listed, chkAlg: 'md5', dataFileList: files }];
    const found = await word.filesIn(listed);
    assert.deepEqual([found?.dataFileList?.map(({ path }) => path), found?.chkAlg], [['a', 'run/1'], 'md5']);
    datablocks = [{ ...listed }];
    assert.equal((await word.filesIn(listed))?.dataFileList, undefined);
    datablocks = [];
    assert.equal(await word.filesIn(listed), undefined);
  });
});

function limitsOf(url: string): { skip?: number; limit?: number } {
  const filter = url.split('?filter=')[1];
  return filter === undefined
    ? {}
    : (JSON.parse(filter) as { limits: { skip?: number; limit?: number } }).limits;
}
