import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathOf, rawDataset, v4Dataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** Forms of ISO 8601 of one moment, most of which the language itself does not read, or reads otherwise. */
const forms = [
  '20240501T101500Z',
  '2024-05-01T10:15:00',
  '2024-05-01 10:15:00',
  '2024-W18-3T10:15Z',
  '2024122T101500Z',
  '2024-05-01T12:15:00+02:00',
  '20240501T121500,000000+02',
];
const moment = new Date('2024-05-01T10:15:00.000Z');
const noDates = ['2024-02-30', '20240230', '2024-13-01', '2023-W53-1', '2024-05-01T25:00:00Z', 'soon'];

/** Issue 12, T2: a date comes back as the date that was sent, or is refused by its name. */
describe('Dates', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start();
  });
  after(() => app.stop());

  const stored = async (collection: string, id: unknown): Promise<Fields> =>
    (await app.collection(collection).findOne({ _id: String(id) }))!;
  const made = async (path: string, body: Fields): Promise<Fields> => {
    const { status, body: answer, text } = await app.as('admin').post(path, body);
    assert.equal(status, 201, `${JSON.stringify(body)}: ${text}`);
    return answer;
  };
  const refused = async (
    method: 'post' | 'patch',
    path: string,
    [field, body]: readonly [string, Fields],
  ): Promise<void> => {
    const { status, text } = await app.as('admin')[method](path, body);
    assert.equal(status, 400, `${method} ${path} ${JSON.stringify(body)}: ${text}`);
    assert.match(text, new RegExp(field));
  };

  const fieldNames = ['creationTime', 'startTime', 'endTime'];
  const lifecycleNames = ['dateOfDiskPurging', 'archiveRetentionTime', 'dateOfPublishing', 'publishedOn'];
  const all = (names: readonly string[], value: unknown): Fields =>
    Object.fromEntries(names.map((name) => [name, value]));
  const bodies: Readonly<Record<string, (more: Fields) => Fields>> = { v3: rawDataset, v4: v4Dataset };

  for (const [version, bodyOf] of Object.entries(bodies)) {
    const path = `/api/${version}/datasets`;

    it(`${version}: those of a dataset and its lifecycle are stored as the moment that was sent`, async () => {
      for (const text of forms) {
        const body = { ...all(fieldNames, text), datasetlifecycle: all(lifecycleNames, text) };
        const { pid } = await made(path, bodyOf(body));
        const check = async (names: readonly string[]): Promise<void> => {
          const record = await stored('Dataset', pid);
          const found = { ...record, ...(record['datasetlifecycle'] as Fields) };
          for (const name of names) assert.deepEqual(found[name], moment, `${name} from ${text}`);
        };
        await check([...fieldNames, ...lifecycleNames]);
        const later = all(fieldNames, '2030-01-01');
        await app.as('admin').patch(pathOf(String(pid), version), later);
        const changed = await app.as('admin').patch(pathOf(String(pid), version), all(fieldNames, text));
        assert.equal(changed.status, 200, changed.text);
        const lifecycle = await app
          .as('admin')
          .patch(`${pathOf(String(pid), version)}/datasetlifecycle`, all(lifecycleNames, text));
        assert.equal(lifecycle.status, 200, lifecycle.text);
        await check([...fieldNames, ...lifecycleNames]);
      }
    });

    it(`${version}: what is no date is refused, and the date that was there stays`, async () => {
      const { pid } = await made(path, bodyOf(all(fieldNames, forms[0])));
      const before = await stored('Dataset', pid);
      const one = pathOf(String(pid), version);
      for (const text of noDates) {
        for (const name of fieldNames) {
          await refused('post', path, [name, bodyOf({ [name]: text })]);
          await refused('patch', one, [name, { [name]: text }]);
        }
        for (const name of lifecycleNames) {
          await refused('post', path, [name, bodyOf({ datasetlifecycle: { [name]: text } })]);
          await refused('patch', one, [name, { datasetlifecycle: { [name]: text } }]);
          await refused('patch', `${one}/datasetlifecycle`, [name, { [name]: text }]);
        }
      }
      assert.deepEqual(await stored('Dataset', pid), before);
    });
  }

  it('of files in blocks', async () => {
    const { pid } = await made('/api/v3/datasets', rawDataset());
    const file = (time: string, path = 'a'): Fields => ({ path, size: 1, time });
    const dataFileList = forms.map((time, index) => file(time, `file-${index}`));
    const block = await made(`${pathOf(String(pid))}/origdatablocks`, { size: 1, dataFileList });
    const files = (await stored('OrigDatablock', block['_id']))['dataFileList'] as Fields[];
    assert.deepEqual(
      files.map(({ time }) => time),
      forms.map(() => moment),
    );
    for (const text of noDates) {
      const body = { size: 1, dataFileList: [file(text)] };
      for (const path of [
        `${pathOf(String(pid))}/origdatablocks`,
        '/api/v3/origdatablocks',
        '/api/v4/origdatablocks',
      ])
        await refused('post', path, [
          'time',
          { ...body, ...(path.includes('/datasets/') ? {} : { datasetId: pid }) },
        ]);
    }
  });

  it('of proposals and their measurement periods', async () => {
    const path = '/api/v3/proposals';
    const proposal = (more: Fields): Fields => ({
      ...{ proposalId: `p-${Math.random()}`, ownerGroup: 'group1', email: 'ada@example.org', title: 'T' },
      ...more,
    });
    for (const text of forms) {
      const periods = [{ instrument: 'i', start: text, end: text }];
      const body = proposal({ startTime: text, endTime: text, MeasurementPeriodList: periods });
      const { proposalId } = await made(path, body);
      const { startTime, endTime, MeasurementPeriodList: kept } = await stored('Proposal', proposalId);
      const [{ start, end } = {}] = kept as Fields[];
      assert.deepEqual([startTime, endTime, start, end], [moment, moment, moment, moment], text);
    }
    for (const text of noDates) {
      await refused('post', path, ['startTime', proposal({ startTime: text })]);
      const period = { instrument: 'i', start: moment.toISOString(), end: text };
      await refused('post', path, ['end', proposal({ MeasurementPeriodList: [period] })]);
    }
  });

  it('of publications and jobs are refused when they are none', async () => {
    for (const registeredTime of noDates) {
      const body = { title: 'T', abstract: 'A', datasetPids: [], registeredTime };
      await refused('post', '/api/v4/publisheddata', ['registeredTime', body]);
      const job = { type: 'archive', datasetList: [], executionTime: registeredTime };
      await refused('post', '/api/v3/jobs', ['executionTime', job]);
    }
  });

  it('are compared with in every form, and what is none is refused', async () => {
    const mark = `dated-${Math.random()}`;
    await made('/api/v3/datasets', rawDataset({ creationTime: moment.toISOString(), keywords: [mark] }));
    for (const text of forms) {
      const where = {
        keywords: mark,
        and: [{ creationTime: { gte: text } }, { creationTime: { lte: text } }],
      };
      const { body: listed } = await app.as('admin').get<Fields[]>('/api/v3/datasets', { filter: { where } });
      assert.equal(listed.length, 1, text);
      const fields = { keywords: [mark], creationTime: { begin: text, end: text } };
      const { body: found } = await app.as('admin').get<Fields[]>('/api/v3/datasets/fullquery', { fields });
      assert.equal(found.length, 1, text);
    }
    for (const text of noDates) {
      const filter = { where: { or: [{ creationTime: { gt: text } }] } };
      const listed = await app.as('admin').get('/api/v3/datasets', { filter });
      assert.equal(listed.status, 400, text);
      assert.match(String(listed.text), /creationTime/);
      const searched = { fields: { creationTime: { begin: text } } };
      assert.equal((await app.as('admin').get('/api/v3/datasets/fullquery', searched)).status, 400);
    }
  });
});
