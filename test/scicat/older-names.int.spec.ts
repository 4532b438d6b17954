import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathOf, derivedDataset, rawDataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** Issue 12, T8: the names that v3 shows are names one can ask for. */
describe('Older names of fields', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start({ DOI_PREFIX: '10.5072/', PUBLICATION_PUBLISHER: 'The facility' });
  });
  after(() => app.stop());

  const get = async <Body = Fields[]>(path: string, query: Fields): Promise<Body> => {
    const { status, body, text } = await app.as('admin').get<Body>(path, query);
    assert.equal(status, 200, `${JSON.stringify(query)}: ${text}`);
    return body;
  };

  describe('of datasets', () => {
    const path = '/api/v3/datasets';
    const pids: string[] = [];

    before(async () => {
      for (const name of ['b', 'a']) {
        const body = rawDataset({
          ...{ proposalId: `p-${name}`, sampleId: `s-${name}`, instrumentId: `i-${name}` },
          principalInvestigator: `Dr ${name}`,
          datasetName: name,
        });
        pids.push(String((await app.as('admin').post(path, body)).body['pid']));
      }
    });
    const named = async (where: Fields): Promise<unknown[]> => {
      const found = await get(path, { filter: { where, limits: { order: 'datasetName:asc' } } });
      const { count } = await get<{ count: number }>(`${path}/count`, { filter: { where } });
      assert.equal(count, found.length);
      return found.map(({ datasetName }) => datasetName);
    };

    it('are found in conditions at any depth', async () => {
      assert.deepEqual(await named({ and: [{ type: 'raw' }, { proposalId: 'p-a' }] }), ['a']);
      const either = [{ sampleId: 's-a' }, { and: [{ principalInvestigator: { inq: ['Dr b'] } }] }];
      assert.deepEqual(await named({ or: either }), ['a', 'b']);
      assert.deepEqual(await named({ or: [{ instrumentId: { like: '^i-b' } }] }), ['b']);
      assert.deepEqual(await named({ investigator: 'Dr b' }), ['b']);
      const mode = { $or: [{ $and: [{ pid: pids[0] }, { proposalId: 'p-b' }] }] };
      const found = await get(`${path}/fullquery`, { fields: { mode } });
      assert.deepEqual(
        found.map(({ datasetName }) => datasetName),
        ['b'],
      );
    });

    it('are ordered by', async () => {
      for (const [order, expected] of [
        ['proposalId:asc', ['a', 'b']],
        ['principalInvestigator:desc', ['b', 'a']],
      ] as const) {
        const filter = { where: { pid: { inq: pids } }, limits: { order } };
        assert.deepEqual(
          (await get(path, { filter })).map(({ datasetName }) => datasetName),
          expected,
        );
      }
    });

    it('are shown when they are asked for, without what they were read from', async () => {
      const where = { pid: pids[0] };
      const fields = ['proposalId', 'principalInvestigator', 'investigator'];
      const expected = {
        _id: pids[0],
        proposalId: 'p-b',
        principalInvestigator: 'Dr b',
        investigator: 'Dr b',
      };
      for (const filter of [
        { where, fields },
        { where, fields: Object.fromEntries(fields.map((name) => [name, true])) },
        { where, fields, limits: { limit: 5000 } },
      ])
        assert.deepEqual(await get(path, { filter }), [expected]);
      assert.deepEqual(await get(`${path}/findOne`, { filter: { where, fields } }), expected);
      assert.deepEqual(await get(pathOf(pids[0]!), { filter: { fields } }), expected);
      const [both] = await get(path, { filter: { where, fields: ['sampleId', 'sampleIds'] } });
      assert.deepEqual(both, { _id: pids[0], sampleId: 's-b', sampleIds: ['s-b'] });
    });

    it('are left out when they are named as not wanted', async () => {
      const [found] = await get(path, { filter: { where: { pid: pids[0] }, fields: { proposalId: false } } });
      assert.equal(found?.['datasetName'], 'b');
      assert.ok(!('proposalId' in found) && 'sampleId' in found);
    });

    it('of derived ones too', async () => {
      const body = derivedDataset({ investigator: 'Dr derived' });
      const { pid } = (await app.as('admin').post(path, body)).body;
      const filter = { where: { or: [{ investigator: 'Dr derived' }] }, fields: ['investigator'] };
      assert.deepEqual(await get(path, { filter }), [{ _id: pid, investigator: 'Dr derived' }]);
    });
  });

  describe('of publications', () => {
    const path = '/api/v3/publisheddata';
    const dois: string[] = [];
    let pid: string;

    before(async () => {
      pid = String((await app.as('admin').post('/api/v3/datasets', rawDataset())).body['pid']);
      for (const name of ['b', 'a']) {
        const body = {
          ...{ creator: [`Lovelace ${name}`], authors: [`Author ${name}`], publisher: `House ${name}` },
          ...{ title: name, abstract: 'A', dataDescription: 'D', resourceType: 'raw' },
          publicationYear: name === 'a' ? 2001 : 2002,
          pidArray: [pid],
        };
        const { body: made, text } = await app.as('admin').post(path, body);
        dois.push(String(made['doi']));
        assert.ok(made['doi'] !== undefined, text);
      }
      await app
        .collection('PublishedData')
        .updateOne({ _id: dois[0]! }, { $set: { status: 'registered', registeredTime: new Date() } });
    });
    const titled = async (where: Fields, order = 'title:asc'): Promise<unknown[]> => {
      const found = await get(path, { filter: { where, limits: { order } } });
      const { count } = await get<{ count: number }>(`${path}/count`, { filter: { where } });
      assert.equal(count, found.length);
      return found.map(({ title }) => title);
    };

    it('are found in conditions at any depth', async () => {
      assert.deepEqual(await titled({ pidArray: pid }), ['a', 'b']);
      assert.deepEqual(await titled({ and: [{ creator: 'Lovelace a' }, { pidArray: { inq: [pid] } }] }), [
        'a',
      ]);
      assert.deepEqual(await titled({ or: [{ publisher: 'House b' }, { authors: 'Author x' }] }), ['b']);
      assert.deepEqual(await titled({ publicationYear: '2001' }), ['a']);
      assert.deepEqual(await titled({ status: 'pending_registration' }), ['a']);
      assert.deepEqual(await titled({ or: [{ status: { inq: ['registered'] } }] }), ['b']);
    });

    it('are ordered by', async () => {
      assert.deepEqual(await titled({}, 'publicationYear:desc'), ['b', 'a']);
      assert.deepEqual(await titled({}, 'creator:asc'), ['a', 'b']);
      const limits = { order: 'publisher:asc' };
      assert.deepEqual(
        (await get(path, { limits })).map(({ title }) => title),
        ['a', 'b'],
      );
    });

    it('are shown when they are asked for, and nothing is guessed that was not read', async () => {
      const where = { doi: dois[0] };
      const shown = async (fields: unknown): Promise<Fields> =>
        (await get(path, { filter: { where, fields } }))[0]!;
      assert.deepEqual(await shown(['doi', 'pidArray', 'creator']), {
        _id: dois[0],
        doi: dois[0],
        pidArray: [pid],
        creator: ['Lovelace b'],
      });
      assert.deepEqual(await shown({ status: true, publicationYear: true }), {
        _id: dois[0],
        status: 'registered',
        publicationYear: 2002,
      });
      assert.deepEqual(await shown(['datasetPids']), { _id: dois[0], pidArray: [pid] });
      const rest = await shown({ creator: false, status: 0 });
      assert.ok(!('creator' in rest) && !('status' in rest) && rest['publisher'] === 'House b');
    });
  });
});
