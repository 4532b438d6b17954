import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ScicatApp, type AccountName } from './support/scicat-app.js';
import { derivedDataset, pathOf, rawDataset, v4Dataset } from './support/datasets.js';

type Fields = Record<string, unknown>;

/** Contract sections 1.3, 1.15, 1.16, 2.1 and 2.2: datasets of v3. */
describe('Datasets of v3', () => {
  let app: ScicatApp;

  before(async () => {
    app = await ScicatApp.start({ TRACKABLES: 'Dataset' });
  });
  after(() => app.stop());

  const create = async (account: AccountName, more: Fields = {}, of = rawDataset): Promise<Fields> => {
    const { status, body } = await app.as(account).post('/api/v3/datasets', of(more));
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  const list = async (account: AccountName | undefined, filter: object): Promise<Fields[]> => {
    const user = account === undefined ? app.anonymous : app.as(account);
    const { status, body } = await user.get(
      `/api/v3/datasets?filter=${encodeURIComponent(JSON.stringify(filter))}`,
    );
    assert.equal(status, 200, JSON.stringify(body));
    return body as unknown as Fields[];
  };
  const search = async (
    account: AccountName | undefined,
    fields: object,
    limits: object = {},
  ): Promise<Fields[]> => {
    const user = account === undefined ? app.anonymous : app.as(account);
    const query = `fields=${encodeURIComponent(JSON.stringify(fields))}&limits=${encodeURIComponent(JSON.stringify(limits))}`;
    const { status, body } = await user.get(`/api/v3/datasets/fullquery?${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body as unknown as Fields[];
  };
  const facet = async (account: AccountName, fields: object, facets: string[]): Promise<Fields> => {
    const query = `fields=${encodeURIComponent(JSON.stringify(fields))}&facets=${encodeURIComponent(JSON.stringify(facets))}`;
    const { status, body } = await app.as(account).get(`/api/v3/datasets/fullfacet?${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    const [only, ...others] = body as unknown as Fields[];
    assert.equal(others.length, 0, 'an array of one object');
    return only!;
  };

  describe('create', () => {
    it('admits each tier as the rules say: any group for A and P, own group for W and C, a pid for all but C', async () => {
      const pid = (): string => `20.500.12345/given-${Math.random()}`;
      const attempts: [AccountName, Fields, number][] = [
        ['admin', { ownerGroup: 'group2', pid: pid() }, 201],
        ['ingestor', { ownerGroup: 'group2', pid: pid() }, 201],
        ['pidmaker', { ownerGroup: 'pidmaker', pid: pid() }, 201],
        ['pidmaker', { ownerGroup: 'group2', pid: pid() }, 403],
        ['user1', { ownerGroup: 'group1' }, 201],
        ['user1', { ownerGroup: 'group1', pid: pid() }, 403],
        ['user1', { ownerGroup: 'group2' }, 403],
      ];
      for (const [account, fields, expected] of attempts) {
        const { status, body } = await app.as(account).post('/api/v3/datasets', rawDataset(fields));
        assert.equal(status, expected, `${account} ${JSON.stringify(fields)}: ${JSON.stringify(body)}`);
        if (expected === 403) assert.equal(body['message'], 'Unauthorized to create this dataset');
      }
      const refused = await app.anonymous.post('/api/v3/datasets', { nonsense: true });
      assert.deepEqual([refused.status, refused.body['message']], [403, 'Forbidden resource']);
    });

    it('writes singular names into lists, [null] where raw data has none, and answers both', async () => {
      const dataset = await create('user1', { proposalId: 'p1' });
      assert.deepEqual(
        [dataset['proposalIds'], dataset['sampleIds'], dataset['instrumentIds']],
        [['p1'], [null], [null]],
      );
      assert.deepEqual([dataset['proposalId'], dataset['sampleId']], ['p1', null]);
      assert.equal(dataset['principalInvestigator'], 'Ada');
      assert.equal(dataset['version'], '3');
    });

    it('names it after its folder, strips the slash at the end, computes the classification', async () => {
      const dataset = await create('user1', { sourceFolder: '/data/run/7/' });
      assert.deepEqual(
        [dataset['sourceFolder'], dataset['datasetName'], dataset['classification']],
        ['/data/run/7', 'run/7', 'IN=medium,AV=low,CO=low'],
      );
      const policies = await app.collection('Policy').countDocuments({ ownerGroup: 'group1' });
      assert.equal(policies, 1, 'a default policy for the new group');
    });

    it('answers a pid that is taken with 409 and the contract’s text', async () => {
      const pid = '20.500.12345/taken';
      await create('admin', { pid });
      const { status, body } = await app.as('admin').post('/api/v3/datasets', rawDataset({ pid }));
      assert.deepEqual([status, body['message']], [409, `A dataset with pid ${pid} already exists!`]);
    });

    it('puts validation errors as a JSON text into `message`, without statusCode', async () => {
      const { status, body } = await app
        .as('user1')
        .post('/api/v3/datasets', { type: 'raw', ownerGroup: 'group1' });
      assert.equal(status, 400);
      assert.deepEqual(Object.keys(body).sort(), ['message', 'status']);
      const problems = JSON.parse(String(body['message'])) as { property: string }[];
      assert.ok(problems.some(({ property }) => property === 'contactEmail'));
    });

    it('takes derived data and types of a facility’s own', async () => {
      assert.equal((await create('user1', {}, derivedDataset))['type'], 'derived');
      const { inputDatasets: _i, ...without } = derivedDataset();
      assert.equal((await app.as('user1').post('/api/v3/datasets', without)).status, 400);
      assert.equal((await create('user1', { type: 'simulation' }, v4Dataset))['type'], 'simulation');
    });

    it('isValid says so, or why not, and stores nothing', async () => {
      const before = await app.collection('Dataset').countDocuments({});
      const good = await app.as('user1').post('/api/v3/datasets/isValid', rawDataset());
      const bad = await app.as('user1').post('/api/v3/datasets/isValid', rawDataset({ contactEmail: 'x' }));
      assert.deepEqual([good.status, good.body], [200, { valid: true }]);
      assert.deepEqual([bad.status, bad.body['valid']], [200, false]);
      assert.equal(
        bad.body['error'],
        'Expected an email or a list of semicolon separated emails, got x',
        "SciCat's words",
      );
      assert.equal(await app.collection('Dataset').countDocuments({}), before);
    });
  });

  describe('read', () => {
    it('lists what the caller may see: own, accessible, shared by e-mail, published; all for A and L', async () => {
      const mark = `visible-${Math.random()}`;
      const made = async (more: Fields): Promise<string> =>
        String((await create('admin', { ownerGroup: 'group2', keywords: [mark], ...more }))['pid']);
      const hidden = await made({});
      const own = await made({ ownerGroup: 'group1' });
      const accessible = await made({ accessGroups: ['group1'] });
      const shared = await made({ sharedWith: [app.emailOf('user1')] });
      const published = await made({ isPublished: true });
      const seen = async (account: AccountName | undefined): Promise<unknown[]> =>
        (await list(account, { where: { keywords: mark } })).map(({ pid }) => pid).sort();
      assert.deepEqual(await seen('user1'), [own, accessible, shared, published].sort());
      assert.deepEqual(await seen(undefined), [published]);
      assert.deepEqual(await seen('admin'), [hidden, own, accessible, shared, published].sort());
      assert.deepEqual(await seen('archiveManager'), [hidden, own, accessible, shared, published].sort());
      const searched = (await search('user1', { keywords: [mark] })).map(({ pid }) => pid).sort();
      assert.deepEqual(
        searched,
        [own, accessible].sort(),
        'fullquery: neither shared nor published of others',
      );
      const asked = (await search('user1', { keywords: [mark], isPublished: true })).map(({ pid }) => pid);
      assert.deepEqual(asked, [published]);
      for (const [pid, status] of [
        [hidden, 403],
        [shared, 200],
        [published, 200],
      ] as const)
        assert.equal((await app.as('user1').get(pathOf(pid))).status, status);
      const missing = await app.as('user1').get(pathOf('20.500.12345/none'));
      assert.deepEqual(
        [missing.status, missing.body['message']],
        [404, 'dataset: 20.500.12345/none not found'],
      );
    });

    it('understands LoopBack operators at any depth, dates, and legacy names', async () => {
      const mark = `ops-${Math.random()}`;
      await create('user1', {
        keywords: [mark],
        datasetName: 'Alpha',
        size: 5,
        creationTime: '2021-01-01T00:00:00Z',
        proposalId: 'px',
      });
      await create('user1', {
        keywords: [mark],
        datasetName: 'beta',
        size: 50,
        creationTime: '2022-06-01T00:00:00Z',
      });
      const names = async (where: Fields, limits?: Fields): Promise<unknown[]> =>
        (
          await list('user1', {
            where: { keywords: mark, ...where },
            ...(limits === undefined ? {} : { limits }),
          })
        ).map(({ datasetName }) => datasetName);
      assert.deepEqual(await names({ size: { gt: 10 } }), ['beta']);
      assert.deepEqual(await names({ datasetName: { ilike: 'ALP' } }), ['Alpha']);
      assert.deepEqual(await names({ datasetName: { like: 'alp' } }), []);
      assert.deepEqual(
        await names({ or: [{ size: 5 }, { datasetName: { inq: ['beta'] } }] }, { order: 'size:desc' }),
        ['beta', 'Alpha'],
      );
      assert.deepEqual(await names({ creationTime: { gte: '2022-01-01T00:00:00Z' } }), ['beta']);
      assert.deepEqual(await names({ proposalId: 'px' }), ['Alpha']);
      assert.deepEqual(await names({}, { limit: 1, skip: 1, order: 'size:asc' }), ['beta']);
    });

    it('takes the filter from a header, refuses it in both places', async () => {
      const filter = JSON.stringify({ where: { pid: 'nothing' } });
      const inHeader = await app.as('user1').get('/api/v3/datasets', {}, { filter });
      assert.deepEqual([inHeader.status, inHeader.body], [200, []]);
      const both = await app
        .as('user1')
        .get(`/api/v3/datasets?filter=${encodeURIComponent(filter)}`, {}, { filter });
      assert.equal(both.status, 400);
    });

    it('F2: includes show related records only to those who may read them', async () => {
      await app.collection('Proposal').insertMany([
        { _id: 'open', proposalId: 'open', isPublished: true, ownerGroup: 'group2' },
        { _id: 'closed', proposalId: 'closed', isPublished: false, ownerGroup: 'group2' },
      ]);
      const dataset = await create('admin', { ownerGroup: 'group2', isPublished: true });
      await app
        .collection('Dataset')
        .updateOne({ _id: String(dataset['pid']) }, { $set: { proposalIds: ['open', 'closed'] } });
      const included = async (account?: AccountName): Promise<unknown[]> => {
        const filter = { where: { pid: dataset['pid'] }, include: [{ relation: 'proposals' }] };
        const [found] = await list(account, filter);
        return (found!['proposals'] as Fields[]).map(({ proposalId }) => proposalId).sort();
      };
      assert.deepEqual(await included(), ['open']);
      assert.deepEqual(await included('user1'), ['open']);
      assert.deepEqual(await included('user2'), ['closed', 'open']);
      const unknown = await app.as('user1').get(`/api/v3/datasets?filter={"include":["secrets"]}`);
      assert.equal(unknown.status, 400);
    });

    it('F4: `mode` narrows a search, it never widens it', async () => {
      const mark = `mode-${Math.random()}`;
      const dataset = await create('user2', { ownerGroup: 'group2', keywords: [mark] });
      const attack = { isPublished: true, mode: { isPublished: false } };
      assert.deepEqual(await search(undefined, attack), []);
      assert.ok(!(await search('user1', attack)).some(({ pid }) => pid === dataset['pid']));
      const widened = await facet('user1', { keywords: [mark], userGroups: ['globalaccess', 'group2'] }, [
        'ownerGroup',
      ]);
      assert.deepEqual([widened['ownerGroup'], widened['all']], [[], []]);
    });

    it('F13: refuses operators that run code, wherever they stand', async () => {
      for (const where of [
        { $where: 'sleep(1000)' },
        { $or: [{ $expr: { $eq: [1, 1] } }] },
        { size: { $function: { body: 'x', args: [], lang: 'js' } } },
      ]) {
        const text = encodeURIComponent(JSON.stringify({ where }));
        assert.equal((await app.as('user1').get(`/api/v3/datasets?filter=${text}`)).status, 400);
        const fields = encodeURIComponent(JSON.stringify({ mode: where }));
        assert.equal((await app.as('user1').get(`/api/v3/datasets/fullquery?fields=${fields}`)).status, 400);
      }
    });
  });

  describe('search', () => {
    it('finds words, ranges of dates and numbers, and lists', async () => {
      const mark = `search-${Math.random()}`;
      await create('user1', {
        keywords: [mark, 'a'],
        description: 'zirconium lattice',
        creationTime: '2020-05-05T00:00:00Z',
        size: 7,
      });
      await create('user1', {
        keywords: [mark, 'b'],
        description: 'copper lattice',
        creationTime: '2023-05-05T00:00:00Z',
        size: 70,
      });
      const found = async (fields: Fields): Promise<unknown[]> =>
        (await search('user1', { keywords: [mark], ...fields }, { order: 'size:asc' })).map(
          ({ size }) => size,
        );
      assert.deepEqual(await found({}), [7, 70]);
      assert.deepEqual(await found({ text: 'zirconium' }), [7]);
      assert.deepEqual(
        await found({ creationTime: { begin: '2022-01-01T00:00:00Z', end: '2024-01-01T00:00:00Z' } }),
        [70],
      );
      assert.deepEqual(await found({ size: { min: 7, max: 8 } }), [7]);
      assert.deepEqual(await found({ mode: { 'datasetlifecycle.archivable': true } }), [7, 70]);
      assert.deepEqual(await found({ mode: { $or: [{ size: 70 }] } }), [70]);
      assert.deepEqual(await found({ type: ['raw'] }), [7, 70]);
    });

    it('compares scientific values in SI and answers them in the unit that was asked for', async () => {
      const mark = `units-${Math.random()}`;
      await create('user1', {
        keywords: [mark],
        scientificMetadata: {
          'beam.energy': { value: 12000, unit: 'eV' },
          temperature: { value: 20, unit: 'degC' },
          note: 'warm',
          count: 3,
        },
      });
      const found = async (...scientific: Fields[]): Promise<Fields[]> =>
        search('user1', { keywords: [mark], scientific });
      assert.equal(
        (await found({ lhs: 'temperature', relation: 'GREATER_THAN', rhs: 290, unit: 'K' })).length,
        1,
      );
      assert.equal(
        (await found({ lhs: 'temperature', relation: 'GREATER_THAN', rhs: 300, unit: 'K' })).length,
        0,
      );
      assert.equal((await found({ lhs: 'count', relation: 'EQUAL_TO_NUMERIC', rhs: 3, unit: '' })).length, 1);
      assert.equal(
        (await found({ lhs: 'note', relation: 'CONTAINS_STRING', rhs: 'ARM', unit: '' })).length,
        1,
      );
      assert.equal(
        (await found({ lhs: 'temperature', relation: 'RANGE', rhs: [290, 295], unit: 'K' })).length,
        1,
      );
      const [shown] = await found({ lhs: 'temperature', relation: 'LESS_THAN', rhs: 300, unit: 'K' });
      const metadata = shown!['scientificMetadata'] as Record<string, Fields>;
      assert.deepEqual([metadata['temperature']!['value'], metadata['temperature']!['unit']], [293, 'K']);
      assert.ok('beam.energy' in metadata, 'v3 answers decoded keys');
      const stored = await app.collection('Dataset').findOne({ keywords: mark });
      assert.ok('beam%2Eenergy' in (stored!['scientificMetadata'] as Fields));
    });

    it('counts facets: one object, `all` empty when nothing matches, dates as year, month and day', async () => {
      const mark = `facet-${Math.random()}`;
      await create('user1', { keywords: [mark, 'x'], creationTime: '2020-05-06T00:00:00Z' });
      await create('user1', { keywords: [mark, 'x', 'y'], creationTime: '2020-05-06T12:00:00Z' });
      const facets = await facet('user1', { keywords: [mark] }, [
        'type',
        'keywords',
        'creationTime',
        'unknownField',
      ]);
      assert.deepEqual(facets['all'], [{ totalSets: 2 }]);
      assert.deepEqual(facets['type'], [{ _id: 'raw', count: 2 }]);
      assert.deepEqual(facets['keywords'], [
        { _id: 'y', count: 1 },
        { _id: 'x', count: 2 },
        { _id: mark, count: 2 },
      ]);
      assert.deepEqual(facets['creationTime'], [{ _id: { year: 2020, month: 5, day: 6 }, count: 2 }]);
      assert.equal('unknownField' in facets, false);
      assert.deepEqual((await facet('user1', { keywords: ['no such'] }, [])).all, []);
    });

    it('names metadata keys, narrowed by a part of the name', async () => {
      const mark = `keys-${Math.random()}`;
      await create('user1', {
        keywords: [mark],
        scientificMetadata: { outer: { inner: { value: 1, unit: 'm' } }, plain: 4, some_date: 'x' },
      });
      const keys = async (fields: object): Promise<unknown> =>
        (
          await app
            .as('user1')
            .get(`/api/v3/datasets/metadataKeys?fields=${encodeURIComponent(JSON.stringify(fields))}`)
        ).body;
      assert.deepEqual(await keys({ keywords: [mark] }), ['outer.inner', 'plain']);
      assert.deepEqual(await keys({ keywords: [mark], metadataKey: 'INN' }), ['outer.inner']);
      const other = await app
        .as('user2')
        .get(
          `/api/v3/datasets/metadataKeys?fields=${encodeURIComponent(JSON.stringify({ keywords: [mark] }))}`,
        );
      assert.deepEqual(other.body, [], 'F4: nobody sees keys of data he may not read');
    });
  });

  it('answers bad input with 400 and the name of what is wrong, never with 500', async () => {
    const { pid } = await create('user1');
    const gets = [
      '/api/v3/datasets?filter=[1]',
      '/api/v3/datasets?filter={"limits":{"limit":-1}}',
      '/api/v3/datasets?filter={"limits":{"limit":"x"}}',
      '/api/v3/datasets?filter={',
      '/api/v3/datasets?filter={}&filter={}',
      '/api/v3/datasets?filter={"where":{"__proto__":{"x":1}}}',
      '/api/v3/datasets/fullquery?fields={',
      '/api/v3/datasets/fullquery?fields={"creationTime":{"begin":"soon"}}',
      '/api/v3/datasets/fullquery?fields={"scientific":{"lhs":1}}',
      '/api/v3/datasets/fullquery?fields={"isPublished":{"$ne":true}}',
      '/api/v3/datasets/fullquery?limits={"limit":1e99}',
      `${pathOf(String(pid))}?filter={"include":"nothing"}`,
    ];
    for (const path of gets) {
      const { status, text } = await app.as('user1').get(path);
      assert.equal(status, 400, `${path}: ${text.slice(0, 200)}`);
      assert.ok(text.length > 20, path);
    }
  });
});
