import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathOf, rawDataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

const time = '2020-01-01T00:00:00.000Z';
const sourceFolder = '/data/group1/run7';
const orig = (paths: readonly string[]): Fields => ({
  size: paths.length,
  dataFileList: paths.map((path) => ({ path, size: 1, time })),
});

/** What no datablock could hold: refused in new lists, wherever they come in, and still shown in old ones. */
describe('Paths in file lists', () => {
  let app: ScicatApp;
  let number = 0;

  before(async () => {
    app = await ScicatApp.start();
  });
  after(() => app.stop());

  const dataset = async (): Promise<string> => {
    const { status, body } = await app.as('user1').post('/api/v3/datasets', rawDataset({ sourceFolder }));
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['pid']);
  };
  const archived = (paths: readonly string[]): Fields => ({
    ...orig(paths),
    archiveId: `paths-${(number += 1)}-${Math.random()}`,
    packedSize: 1,
    version: '1',
  });

  for (const [what, paths, words] of [
    ['an absolute path', ['a', '/etc/passwd'], /dataFileList\.1\.path .*\/etc\/passwd.*absolute/],
    ['a path that leads out', ['../../x'], /dataFileList\.0\.path .*\.\.\/\.\.\/x/],
    ['a way out of the source folder', [`${sourceFolder}/../y`], /dataFileList\.0\.path .*run7\/\.\.\/y/],
    ['a folder of nearly the same name', [`${sourceFolder}8/y`], /dataFileList\.0\.path .*run78\/y/],
    ['a path with NUL', ['a\0b'], /dataFileList\.0\.path .*NUL/],
    ['an empty path', [''], /dataFileList\.0\.path should not be empty/],
    ['an empty name', ['a//b'], /dataFileList\.0\.path .*a\/\/b/],
    [
      'a path twice',
      ['a', 'b', 'a'],
      /dataFileList\.2\.path must be listed once, found .*a.* dataFileList\.0/,
    ],
    ['one file under two names', [`${sourceFolder}/a`, 'a'], /dataFileList\.1\.path must be listed once/],
  ] as const)
    it(`refuses ${what}, naming it, through every entry of lists`, async () => {
      const pid = await dataset();
      const user = app.as('user1');
      const admin = app.as('admin');
      const made = await user.post(`${pathOf(pid)}/origdatablocks`, orig(['kept']));
      const packed = await admin.post(`${pathOf(pid)}/datablocks`, archived(['kept']));
      const [id, did] = [made, packed].map(({ body }) => String(body['_id']));
      const [list, block] = [orig(paths), archived(paths)];
      const answers = [
        await user.post(`${pathOf(pid)}/origdatablocks`, list),
        await user.post('/api/v3/origdatablocks', { ...list, datasetId: pid }),
        await user.post('/api/v4/origdatablocks', { ...list, datasetId: pid }),
        await user.patch(`${pathOf(pid)}/origdatablocks/${id}`, list),
        await user.patch(`/api/v3/origdatablocks/${id}`, list),
        await user.patch(`/api/v4/origdatablocks/${id}`, list),
        await admin.post(`${pathOf(pid)}/datablocks`, block),
        await admin.post('/api/v3/datablocks', { ...block, datasetId: pid }),
        await admin.patch(`${pathOf(pid)}/datablocks/${did}`, list),
        await admin.patch(`/api/v3/datablocks/${did}`, list),
      ];
      for (const [index, { status, body, text }] of answers.entries()) {
        assert.equal(status, 400, `${index}: ${text}`);
        assert.match([body['message']].flat().join('; '), words, `${index}: ${text}`);
      }
      const checks = [
        await user.post(`${pathOf(pid)}/origdatablocks/isValid`, list),
        await user.post('/api/v3/origdatablocks/isValid', { ...list, datasetId: pid }),
        await user.post('/api/v4/origdatablocks/isValid', { ...list, datasetId: pid }),
      ];
      for (const { status, body, text } of checks) {
        assert.deepEqual([status, body['valid']], [200, false], text);
        assert.match(text, /"property":"dataFileList".*"property":"path"/);
      }
      const { body: record } = await user.get(pathOf(pid));
      assert.deepEqual([record['numberOfFiles'], record['numberOfFilesArchived']], [1, 1], 'nothing changed');
    });

  it('takes whole paths below the source folder, as some ingestors write them, and the same file in another block', async () => {
    const pid = await dataset();
    const user = app.as('user1');
    const list = orig([
      `${sourceFolder}/a/b`,
      'a/c',
      'a/B',
      '..a/b..',
      `${sourceFolder}/${sourceFolder.slice(1)}/a`,
    ]);
    const { status, body, text } = await user.post(`${pathOf(pid)}/origdatablocks`, list);
    assert.equal(status, 201, text);
    assert.deepEqual(
      (body['dataFileList'] as Fields[]).map(({ path }) => path),
      (list['dataFileList'] as Fields[]).map(({ path }) => path),
      'as they came',
    );
    const valid = await user.post(`${pathOf(pid)}/origdatablocks/isValid`, list);
    assert.deepEqual([valid.status, valid.body['valid']], [200, true]);
    assert.equal((await user.post(`${pathOf(pid)}/origdatablocks`, list)).status, 201);
  });

  it('takes directories however they are written, and twice, as some ingestors list them', async () => {
    const pid = await dataset();
    const directories = ['run', 'run/', './', 'run'].map((path) => ({
      path,
      size: 4096,
      time,
      perm: 'drwxr-xr-x',
    }));
    const files = orig(['run/1'])['dataFileList'] as Fields[];
    const list = { size: 1, dataFileList: [...directories, ...files] };
    const { status, text } = await app.as('user1').post(`${pathOf(pid)}/origdatablocks`, list);
    assert.equal(status, 201, text);
    const both = { ...list, dataFileList: [...list.dataFileList, ...files] };
    assert.equal((await app.as('user1').post(`${pathOf(pid)}/origdatablocks`, both)).status, 400);
  });

  it('takes lists of datasets that have no source folder, as old catalogues hold them', async () => {
    const pid = await dataset();
    await app.collection('Dataset').updateOne({ _id: pid }, { $unset: { sourceFolder: '' } });
    for (const [paths, status] of [
      [['a'], 201],
      [['/a'], 400],
    ] as const) {
      const answer = await app.as('user1').post(`${pathOf(pid)}/origdatablocks`, orig(paths));
      assert.equal(answer.status, status, JSON.stringify(answer.body));
    }
  });

  it('shows lists of before as they are, and changes their other fields', async () => {
    const pid = await dataset();
    const files = ['/etc/passwd', '../x', 'f', 'f'].map((path) => ({ path, size: 1, time: new Date(time) }));
    const block = { datasetId: pid, ownerGroup: 'group1', accessGroups: [], size: 4, dataFileList: files };
    await app.collection('OrigDatablock').insertOne({ _id: `old ${pid}`, ...block });
    const path = `/api/v3/origdatablocks/${encodeURIComponent(`old ${pid}`)}`;
    const { status, body, text } = await app.as('user1').get(path);
    assert.equal(status, 200, text);
    assert.deepEqual(
      (body['dataFileList'] as Fields[]).map((file) => file['path']),
      ['/etc/passwd', '../x', 'f', 'f'],
    );
    const changed = await app.as('user1').patch(path, { chkAlg: 'sha256' });
    assert.equal(changed.status, 200, changed.text);
  });

  it('looks through the longest list that a block takes', async () => {
    const pid = await dataset();
    const paths = Array.from({ length: 49_999 }, (_, index) => `run/${index}/frame.h5`);
    const twice = await app.as('user1').post(`${pathOf(pid)}/origdatablocks`, orig([...paths, paths[7]!]));
    assert.equal(twice.status, 400);
    assert.match(twice.text, /dataFileList\.49999\.path must be listed once.*dataFileList\.7/);
    const once = await app.as('user1').post(`${pathOf(pid)}/origdatablocks`, orig(paths));
    assert.equal(once.status, 201, once.text.slice(0, 200));
  });
});
