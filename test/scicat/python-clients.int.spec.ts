import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
interface Answer<Body = Fields> {
  readonly status: number;
  readonly body: Body;
}

const json = (value: unknown): string => JSON.stringify(value);
/** As Python's `quote_plus` writes an id into a path. */
const quoted = (id: string): string => encodeURIComponent(id).replaceAll('%20', '+');
const namesOf = ({ status, body }: Answer<Fields[]>): unknown[] => {
  assert.equal(status, 200, json(body));
  return body.map(({ datasetName }) => datasetName);
};

/** Issue 12, shown by 2: requests as they were recorded from the published clients, one story each. */
describe('Python clients', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start();
  });
  after(() => app.stop());

  const send = async <Body = Fields>(
    method: string,
    path: string,
    { headers, body }: { headers: Record<string, string>; body?: unknown },
  ): Promise<Answer<Body>> => {
    const response = await fetch(`${app.base}${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: json(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Body };
  };
  const signIn = async (headers: Record<string, string>): Promise<string> => {
    const body = { username: 'user1', password: 'a password of the test' };
    const { status, body: login } = await send('POST', '/api/v3/auth/login', { headers, body });
    assert.equal(status, 201);
    return String(login['id']);
  };

  /** pyscicat 0.4.8: v3, the bare token in header and query, filters written into the address, values not given left out. */
  describe('pyscicat', () => {
    const standard = { 'User-Agent': 'python-requests/2.34.2', Accept: '*/*' };
    let token: string;
    let pid: string;

    before(async () => {
      token = await signIn(standard);
    });
    const call = <Body = Fields>(method: string, endpoint: string, body?: unknown) => {
      const headers = { ...standard, Authorization: `Bearer ${token}` };
      const mark = endpoint.includes('?') ? '&' : '?';
      // requests escapes what an address must not have, and nothing else.
      const path = `/api/v3/${encodeURI(endpoint).replaceAll('%25', '%')}${mark}access_token=${token}`;
      return send<Body>(method, path, { headers, ...(body === undefined ? {} : { body }) });
    };
    const ownable = { ownerGroup: 'group1', accessGroups: ['ag1'] };
    const dataset = {
      ...ownable,
      contactEmail: 'ada@example.org',
      creationTime: '2024-05-01T10:15:00',
      datasetName: 'run 1 & more',
      description: 'a "quoted" é',
      instrumentId: '11111-ins',
      isPublished: false,
      keywords: ['a b', 'c'],
      numberOfFiles: 2,
      owner: 'Ada',
      packedSize: 5,
      size: 10,
      sourceFolder: '/data/p1/raw',
      sourceFolderHost: 'fileserver1.example.org',
      techniques: [{ pid: 't1', name: 'XRD' }],
      type: 'raw',
      version: '3.1',
      scientificMetadata: {
        energy: { value: 12.5, unit: 'keV' },
        'Duty%50cycle': { value: 3, unit: '%' },
        nested: { gap: { value: 7, unit: 'mm' } },
        list: [1, 2, 3],
      },
      creationLocation: '/site/bl',
      endTime: '2024-05-01 10:20:01.123456',
      principalInvestigator: 'Ada',
      proposalId: 'p-1',
      sampleId: 's-1',
    };

    it('uploads a raw dataset and a derived one, and reads back what it wrote', async () => {
      const raw = await call('POST', 'Datasets', dataset);
      assert.equal(raw.status, 201, json(raw.body));
      pid = String(raw.body['pid']);
      const derived = await call('POST', 'Datasets', {
        ...ownable,
        contactEmail: 'ada@example.org',
        creationTime: '2024-05-01',
        datasetName: 'reduced',
        isPublished: false,
        owner: 'Ada',
        sourceFolder: '/data/p1/der',
        type: 'derived',
        investigator: 'Grace',
        inputDatasets: [pid],
        usedSoftware: ['x'],
        jobParameters: { a: 1 },
        jobLogData: 'log',
      });
      assert.equal(derived.status, 201, json(derived.body));

      const { body: read } = await call('GET', `Datasets/${quoted(pid)}`);
      const { creationTime: _c, endTime: _e, version: _v, techniques, scientificMetadata, ...same } = dataset;
      for (const [name, value] of Object.entries(same)) assert.deepEqual(read[name], value, name);
      assert.deepEqual(
        [read['creationTime'], read['endTime'], read['version']],
        ['2024-05-01T10:15:00.000Z', '2024-05-01T10:20:01.123Z', '3'],
      );
      assert.deepEqual((read['techniques'] as Fields[])[0]?.['name'], techniques[0]?.name);
      const metadata = read['scientificMetadata'] as Record<string, Fields>;
      assert.deepEqual(Object.keys(metadata), Object.keys(scientificMetadata));
      assert.equal((metadata['nested']?.['gap'] as Fields)['valueSI'], 0.007);
    });

    it('adds files with the times that Python prints, and a thumbnail', async () => {
      const block = await call('POST', `Datasets/${quoted(pid)}/origdatablocks`, {
        dataFileList: [
          {
            path: 'f ü.dat',
            size: 10,
            time: '2026-11-28 14:02:19.764869',
            chk: '336311a016184326ddbdd61edd4eeb52',
            uid: '0',
            gid: '0',
            perm: '644',
          },
        ],
        size: 10,
      });
      assert.equal(block.status, 201, json(block.body));
      const blocks = await call<Fields[]>('GET', `Datasets/${quoted(pid)}/origdatablocks`);
      const [file] = blocks.body[0]?.['dataFileList'] as Fields[];
      assert.deepEqual([file?.['path'], file?.['time']], ['f ü.dat', '2026-11-28T14:02:19.764Z']);
      const attachment = await call('POST', `Datasets/${quoted(pid)}/attachments`, {
        ...ownable,
        thumbnail: 'data:image/png;base64,iVBORw0KGgo=',
        caption: 'cap',
        datasetId: pid,
      });
      assert.deepEqual([attachment.status, attachment.body['datasetId']], [201, pid]);
    });

    it('finds its datasets: by full text, by conditions, and page by page with limits that are text', async () => {
      const find = async (fields: Fields, { skip = 0, limit = 25 } = {}): Promise<unknown[]> =>
        namesOf(
          await call(
            'GET',
            `Datasets/fullquery?fields=${json(fields)}&limits={"skip":${skip},"limit":${limit},"order":"creationTime:desc"}`,
          ),
        );
      const both = ['run 1 & more', 'reduced'];
      assert.deepEqual(await find({}), both);
      assert.deepEqual(await find({}, { skip: 1, limit: 1 }), ['reduced']);
      assert.deepEqual(await find({ text: 'quoted' }), ['run 1 & more']);
      assert.deepEqual(await find({ proposalId: 'p-1' }), ['run 1 & more']);
      const day = { begin: '2024-05-01', end: '2024-05-01T12:00:00' };
      assert.deepEqual(await find({ type: ['derived'], creationTime: day }), ['reduced']);

      const many = async (where: Fields): Promise<unknown[]> =>
        namesOf(await call('GET', `Datasets?filter={"where":${json(where)}}`));
      assert.deepEqual(await many({ proposalId: 'p-1' }), ['run 1 & more']);
      assert.deepEqual(await many({ proposalId: { like: 'p-' } }), ['run 1 & more']);
      assert.deepEqual(await many({ investigator: 'Grace' }), ['reduced']);
      assert.deepEqual(await many({ pid }), ['run 1 & more']);
      assert.deepEqual(await many({ 'scientificMetadata.energy.value': 12.5 }), ['run 1 & more']);
      assert.deepEqual((await many({})).sort(), [...both].sort());

      const page = async (skip: number): Promise<unknown[]> => {
        const limits = json({ limit: 1, skip, order: 'datasetName:asc' });
        const filter = json({ where: json({ ownerGroup: 'group1' }), limits, fields: json(['datasetName']) });
        return namesOf(await call('GET', `Datasets?filter=${filter}`));
      };
      assert.deepEqual([await page(0), await page(1), await page(2)], [['reduced'], ['run 1 & more'], []]);
    });

    it('changes a sample, and is told why what it may not do fails', async () => {
      const sample = { ...ownable, sampleId: 'smp 1/a', owner: 'A', description: 'd', isPublished: false };
      assert.equal((await call('POST', 'Samples', sample)).status, 201);
      assert.equal((await call('POST', 'Samples', sample)).status, 409);
      const { sampleId, ...change } = { ...sample, description: 'new' };
      const changed = await call('PATCH', `Samples/${encodeURIComponent(sampleId)}`, change);
      assert.deepEqual([changed.status, changed.body['description']], [200, 'new'], json(changed.body));
      assert.equal((await call('GET', 'Datasets/20.500.12345%2Fnone')).status, 404);
      assert.equal((await call('DELETE', `Datasets/${quoted(pid)}`)).status, 403);
      // No such parameter: SciCat ignores it as well.
      const where = json({ where: { name: { like: 'INS' } } });
      assert.equal((await call('GET', `Instruments/findOne?${where}`)).status, 200);
    });
  });

  /** scitacean 26.10: v4 to write and read, v3's fullquery to search; what is None is left out. */
  describe('scitacean', () => {
    const standard = { 'User-Agent': 'python-httpx/0.28.1', Accept: '*/*' };
    let token: string;
    let pid: string;

    before(async () => {
      token = await signIn(standard);
    });
    const call = <Body = Fields>(method: string, path: string, body?: unknown) =>
      send<Body>(method, `/api/${path}`, {
        headers: { ...standard, Authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body }),
      });
    const dataset = {
      contactEmail: 'ada@example.org',
      creationTime: '2024-05-01T10:15:00.654321',
      owner: 'Ada',
      ownerGroup: 'group1',
      sourceFolder: '/remote/scitacean-one',
      type: 'raw',
      accessGroups: ['ag'],
      creationLocation: '/site/bl',
      dataFormat: 'nexus',
      datasetName: 'scitacean-one',
      endTime: '2024-05-01T11:00:00',
      inputDatasets: [],
      instrumentIds: ['i1'],
      keywords: ['k1'],
      license: 'CC0',
      principalInvestigators: ['Ada'],
      proposalIds: ['p-9'],
      sampleIds: ['s-9'],
      scientificMetadata: {
        temperature: { value: '123', unit: 'mK' },
        gap: { value: 7, unit: 'mm' },
        thickness: { value: '0.5', unit: 'µm' },
        plain: '5',
        profile: { value: [1, 2], unit: 'mm' },
        date: '2024-05-01T10:00:00',
      },
      techniques: [],
      usedSoftware: ['scitacean'],
    };

    it('asks whether a dataset is valid, uploads it, then its files and its attachment', async () => {
      const valid = await call('POST', 'v4/datasets/isValid', dataset);
      assert.deepEqual([valid.status, valid.body['valid']], [200, true], json(valid.body));
      const made = await call('POST', 'v4/datasets', dataset);
      assert.equal(made.status, 201, json(made.body));
      pid = String(made.body['pid']);
      const blocks = [
        [
          {
            path: 'a.dat',
            size: 50,
            time: '2026-11-28T14:02:30.672902Z',
            chk: 'a3b2',
            gid: '0',
            perm: '33188',
          },
          { path: 'b ü.dat', size: 70, time: '2024-05-01T00:00:00' },
        ],
        [{ path: 'd.dat', size: 9, time: '2024-05-01T10:00:00.500000+02:00' }],
      ];
      for (const dataFileList of blocks) {
        const size = dataFileList.reduce((sum, file) => sum + file.size, 0);
        const block = { datasetId: pid, dataFileList, size, chkAlg: 'blake2b' };
        const { status, body } = await call('POST', 'v4/origdatablocks', block);
        assert.equal(status, 201, json(body));
        assert.deepEqual(body['ownerGroup'], 'group1');
      }
      const attachment = await call('POST', 'v4/attachments', {
        caption: 'cap',
        ownerGroup: 'group1',
        relationships: [{ targetId: pid, targetType: 'dataset', relationType: 'is attached to' }],
        isPublished: false,
        thumbnail: 'data:image/png;base64,iVBORw0KGgo=',
      });
      assert.equal(attachment.status, 201, json(attachment.body));
    });

    it('reads the dataset with files and attachments, as it was written', async () => {
      const include = 'include=attachments&include=origdatablocks';
      const { status, body } = await call('GET', `v4/datasets/${quoted(pid)}?${include}`);
      assert.equal(status, 200, json(body));
      const { creationTime: _c, endTime: _e, scientificMetadata, ...same } = dataset;
      for (const [name, value] of Object.entries(same)) assert.deepEqual(body[name], value, name);
      assert.deepEqual(
        [body['creationTime'], body['endTime'], body['size'], body['numberOfFiles']],
        ['2024-05-01T10:15:00.654Z', '2024-05-01T11:00:00.000Z', 129, 3],
      );
      const metadata = body['scientificMetadata'] as Record<string, Fields>;
      assert.deepEqual([metadata['plain'], metadata['date']], ['5', scientificMetadata.date]);
      assert.deepEqual(metadata['temperature'], { value: '123', unit: 'mK', valueSI: 0.123, unitSI: 'K' });
      assert.deepEqual(metadata['profile']?.['valueSI'], [0.001, 0.002]);
      const files = (body['origdatablocks'] as Fields[]).flatMap(
        (block) => block['dataFileList'] as Fields[],
      );
      assert.deepEqual(Object.fromEntries(files.map(({ path, time }) => [path, time])), {
        'a.dat': '2026-11-28T14:02:30.672Z',
        'b ü.dat': '2024-05-01T00:00:00.000Z',
        'd.dat': '2024-05-01T08:00:00.500Z',
      });
      const [attachment] = body['attachments'] as Fields[];
      assert.equal(attachment?.['caption'], 'cap');
    });

    it('finds datasets by exact values, and by what their metadata measured in other units', async () => {
      const query = async (fields: Fields, limits?: Fields): Promise<unknown[]> => {
        const parameters = new URLSearchParams({ fields: json(fields) });
        if (limits !== undefined) parameters.set('limits', json(limits));
        return namesOf(await call('GET', `v3/datasets/fullquery?${parameters.toString()}`));
      };
      const one = ['scitacean-one'];
      assert.deepEqual(await query({ proposalIds: ['p-9'] }), one);
      assert.deepEqual(await query({ datasetName: 'scitacean-one', type: 'raw' }), one);
      assert.deepEqual(await query({ creationTime: '2024-05-01T10:15:00.654321' }), one);
      assert.deepEqual(await query({ pid }, { order: 'creationTime:desc', limit: 2 }), one);
      assert.deepEqual(await query({ 'scientificMetadata.gap.value': 7 }), one);
      assert.deepEqual(await query({ datasetName: 'no such' }), []);
      for (const [lhs, rhs, unit] of [
        ['temperature', 0.123, 'K'],
        ['gap', 7000, 'um'],
        ['thickness', 500, 'nm'],
      ] as const)
        assert.deepEqual(
          await query({ scientific: [{ lhs, relation: 'EQUAL_TO_NUMERIC', rhs, unit }] }),
          one,
          lhs,
        );
    });

    it('is told that others do not see what is not public: nothing at all, as SciCat says it', async () => {
      const path = `/api/v4/datasets/public/${quoted(pid)}?include=origdatablocks`;
      assert.deepEqual(await send('GET', path, { headers: standard }), { status: 200, body: {} });
      const { status, body } = await call('GET', 'v4/datasets/20.500.12345%2Fnope?include=origdatablocks');
      assert.deepEqual([status, body['message']], [404, 'dataset: null not found']);
    });
  });
});
