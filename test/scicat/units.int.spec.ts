import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDataset, createSample } from './support/records.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

describe('Measured values come back and are found as people write them', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start();
  });
  after(() => app.stop());

  const mark = 'measured';
  const fullquery = async (...scientific: Fields[]): Promise<Fields[]> =>
    (
      await app
        .as('user1')
        .get<Fields[]>('/api/v3/datasets/fullquery', { fields: { keywords: [mark], scientific } })
    ).body;
  const condition = (lhs: string, relation: string, rhs: unknown, unit: string): Fields => {
    return { lhs, relation, rhs, unit };
  };

  it('datasets: whatever the unit is called, 7 mm is 7000 µm, and nested values are shown in the unit asked for', async () => {
    await createDataset(app.as('user1'), {
      keywords: [mark],
      scientificMetadata: {
        width: { value: 7, unit: 'mm' },
        gap: { value: '123', unit: 'µm' },
        area: { value: 2, units: 'mm²' },
        binning: { value: 4, unit: 'px' },
        steps: { value: [1, 10], unit: 'mm' },
        outer: { inner: { 'with.dot': { value: 2, unit: '°C' }, short: { v: 3, u: 'keV' } } },
      },
    });
    for (const [lhs, rhs, unit] of [
      ['width', 7000, 'µm'],
      ['width', 7000, 'μm'],
      ['width', 0.7, 'cm'],
      ['gap', 0.123, 'mm'],
      ['gap', '1230000', 'Å'],
      ['area', 0.02, 'cm^2'],
      ['binning', 4, 'px'],
      ['steps', 10_000, 'µm'],
      ['outer.inner.with.dot', 275.15, 'K'],
      ['outer.inner.short', 3000, 'eV'],
    ] as const) {
      const count = async (relation: string, sought: unknown = rhs): Promise<number> =>
        (await fullquery(condition(lhs, relation, sought, unit))).length;
      assert.equal(await count('EQUAL_TO_NUMERIC'), 1, `${lhs} = ${rhs} ${unit}`);
      assert.equal(await count('GREATER_THAN_OR_EQUAL'), 1, `${lhs} ≥ ${rhs} ${unit}`);
      assert.equal(await count('GREATER_THAN'), 0, `${lhs} > ${rhs} ${unit}`);
      assert.equal(await count('RANGE', [rhs, Number(rhs) * 2]), 0, `${lhs} above ${rhs} ${unit}`);
    }
    const between = condition('steps', 'EQUAL_TO_NUMERIC', 5, 'mm');
    assert.deepEqual(await fullquery(between), [], 'no number of the list is five');
    const [shown] = await fullquery(
      condition('outer.inner.with.dot', 'GREATER_THAN', 0, 'K'),
      condition('outer.inner.short', 'GREATER_THAN', 0, 'eV'),
      condition('gap', 'GREATER_THAN', 0, 'nm'),
    );
    const { gap, outer } = shown!['scientificMetadata'] as {
      gap: Fields;
      outer: { inner: { 'with.dot': Fields; short: Fields } };
    };
    assert.deepEqual([gap['value'], gap['unit']], [123_000, 'nm']);
    assert.deepEqual([outer.inner['with.dot']['value'], outer.inner['with.dot']['unit']], [275, 'K']);
    assert.deepEqual([outer.inner.short['v'], outer.inner.short['u']], [3000, 'eV']);
  });

  it('datasets: what was stored before its unit was understood is found as it was', async () => {
    await app
      .collection('Dataset')
      .updateOne(
        { keywords: mark },
        { $set: { 'scientificMetadata.old': { value: 6, unit: 'µm', valueSI: 6, unitSI: 'µm' } } },
      );
    assert.equal((await fullquery(condition('old', 'EQUAL_TO_NUMERIC', 6, 'µm'))).length, 1);
    assert.equal((await fullquery(condition('old', 'GREATER_THAN', 6, 'µm'))).length, 0);
  });

  it('samples: characteristics are compared in the same way', async () => {
    await createSample(app.as('user1'), {
      sampleId: 'foil',
      sampleCharacteristics: { thick: { value: '7', unit: 'mm' }, resistance: { value: 3, unit: 'kΩ' } },
    });
    for (const one of [
      condition('thick', 'EQUAL_TO_NUMERIC', 7000, 'µm'),
      condition('resistance', 'EQUAL_TO_NUMERIC', 3000, 'ohm'),
    ]) {
      const { body } = await app
        .as('user1')
        .get<Fields[]>('/api/v3/samples/fullquery', { fields: { characteristics: [one] } });
      assert.deepEqual(
        body.map(({ sampleId }) => sampleId),
        ['foil'],
      );
    }
  });

  it('keys with a percent sign keep their name, and are found, also where they were stored as they came', async () => {
    const key = 'Duty%50cycle';
    const pid = await createDataset(app.as('user1'), {
      keywords: ['percent'],
      scientificMetadata: { [key]: { value: 5, unit: 's' } },
    });
    const path = `/api/v3/datasets/${encodeURIComponent(pid)}`;
    const metadata = async (): Promise<Fields> =>
      (await app.as('user1').get(path)).body['scientificMetadata'] as Fields;
    const isFound = async (): Promise<boolean> => {
      const fields = { keywords: ['percent'], scientific: [condition(key, 'EQUAL_TO_NUMERIC', 5, 's')] };
      return (
        (await app.as('user1').get<Fields[]>('/api/v3/datasets/fullquery', { fields })).body.length === 1
      );
    };
    assert.deepEqual(Object.keys(await metadata()), [key]);
    assert.ok(await isFound());
    const asItCame = { [key]: { value: 5, unit: 's', valueSI: 5, unitSI: 's' } };
    await app
      .collection('Dataset')
      .updateOne({ keywords: 'percent' }, { $set: { scientificMetadata: asItCame } });
    assert.deepEqual(Object.keys(await metadata()), [key]);
    assert.ok(await isFound());
  });

  it('integers that numbers do not hold are refused with their path, and nothing is stored', async () => {
    const text =
      '{"sampleId":"big","ownerGroup":"group1","sampleCharacteristics":{"run":{"value":9007199254740993}}}';
    const { status, body: answer } = await app.as('user1').post('/api/v3/samples', text);
    assert.equal(status, 400, JSON.stringify(answer));
    assert.match(String(answer['message']), /^sampleCharacteristics\.run\.value is 9007199254740993, /);
    assert.equal(answer['error'], 'Bad Request');
    assert.equal(await app.collection('Sample').countDocuments({ _id: 'big' }), 0);
  });
});
