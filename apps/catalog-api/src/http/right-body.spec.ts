import 'reflect-metadata';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import fc from 'fast-check';
import { rightBody } from './right-body.js';

const modules = await Promise.all([
  import('../datasets/endpoints/dataset.dto.js'),
  import('../jobs/job.dto.js'),
  import('../datablocks/block.dto.js'),
  import('../attachments/attachment.dto.js'),
  import('../proposals/proposal.dto.js'),
  import('../instruments/instrument.dto.js'),
  import('../policies/policy.dto.js'),
  import('../landing-zone/landing-zone.dto.js'),
]);
type Dto = new () => object;
const dtos = modules.flatMap((module) => Object.values(module as object)).filter(isClass);

function isClass(value: unknown): value is Dto {
  return typeof value === 'function' && /^class /.test(Function.prototype.toString.call(value));
}

/** The libraries' own word. */
function checked(dto: Dto, body: object): { value: object; isRight: boolean } {
  const value = plainToInstance(dto, body, { exposeDefaultValues: false });
  const rules = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true };
  return { value, isRight: validateSync(value, rules).length === 0 };
}

const text = fc.oneof(
  ...[
    '',
    'raw',
    'derived',
    'x'.repeat(1001),
    '2020-01-02T03:04:05.000Z',
    '2020-13-02',
    'a@b.org; c@d.org',
  ].map((one) => fc.constant(one)),
  ...['ada@example.org', 'host', 'https://example.org/x', '\ud800@b.org'].map((one) => fc.constant(one)),
  fc.string({ maxLength: 5 }),
);
const values = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.oneof(fc.integer({ min: -1, max: 5 }), fc.double(), fc.boolean()) },
  { weight: 2, arbitrary: fc.array(text, { maxLength: 3 }) },
  {
    weight: 2,
    arbitrary: fc.dictionary(fc.constantFrom('a', '7', 'toString', 'then'), fc.jsonValue({ maxDepth: 2 })),
  },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.dictionary(fc.constantFrom('pid', 'name', 'path', 'size', 'time', 'files'), text),
      {
        maxLength: 2,
      },
    ),
  },
);

describe('A body that is right beyond doubt', () => {
  it('is right for the libraries, and the same to the last key', () => {
    let found = 0;
    for (const dto of dtos) {
      const metadata = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
      const names = [...new Set(metadata.map(({ propertyName }) => propertyName))];
      // What must be there, mostly: else nothing would be right.
      const musts = names.filter(
        (name) => !metadata.some((one) => one.propertyName === name && one.type === 'conditionalValidation'),
      );
      const bodies = fc
        .tuple(
          fc.record(Object.fromEntries(musts.map((name) => [name, values]))),
          fc.dictionary(fc.constantFrom(...names, ...names, ...names, 'other', 'toString'), values, {
            maxKeys: 4,
          }),
        )
        .map(([must, more]) => ({ ...must, ...more }));
      fc.assert(
        fc.property(bodies, (body) => {
          const quick = rightBody(dto, body);
          if (quick === undefined) return;
          found += 1;
          const { value, isRight } = checked(dto, body);
          assert.ok(isRight, `${dto.name} ${JSON.stringify(body)}`);
          assert.deepStrictEqual(quick, value);
          assert.equal(JSON.stringify(quick), JSON.stringify(value));
        }),
        { numRuns: 300 },
      );
    }
    assert.ok(found > 300, `only ${found} of these bodies were right`);
  });

  it('is found for datasets and jobs as instruments post them', async () => {
    const [{ CreateRawDatasetObsoleteDto, CreateDatasetDto }, { CreateJobDto }] = modules;
    const dataset = {
      ...{ type: 'raw', owner: 'Ada', ownerGroup: 'g', contactEmail: 'ada@example.org', techniques: [] },
      ...{
        creationTime: '2020-01-02T03:04:05.000Z',
        sourceFolder: '/x',
        keywords: ['a'],
        isPublished: false,
      },
      scientificMetadata: { energy: { value: 12, unit: 'm' }, list: [1, { a: null }] },
    };
    const raw = { ...dataset, principalInvestigator: 'Ada', creationLocation: '/x' };
    const kept = rightBody(CreateRawDatasetObsoleteDto, raw);
    assert.deepEqual({ ...kept }, raw);
    assert.ok(kept instanceof CreateRawDatasetObsoleteDto);
    assert.notEqual(
      kept.scientificMetadata,
      raw.scientificMetadata,
      'a copy: what is stored is changed later',
    );
    assert.ok(rightBody(CreateDatasetDto, { ...dataset, datasetName: 'n' }) !== undefined);
    assert.ok(
      rightBody(CreateJobDto, { type: 'archive', jobParams: { datasetList: [{ pid: 'p' }] } }) !== undefined,
    );
    assert.equal(rightBody(CreateJobDto, { type: 'archive' }), undefined);
    assert.equal(rightBody(CreateJobDto, { type: 'archive', jobParams: {}, more: 1 }), undefined);
    assert.equal(rightBody(CreateJobDto, { type: 'archive', jobParams: { valueOf: 1 } }), undefined);
  });
});
