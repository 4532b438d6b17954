import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger, type Logger } from '#observability';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import type { Catalogue } from '../persistence/catalogue.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { ChangeLog, type Change } from './change-log.js';

const config = { history: { tracked: ['Dataset'], strategy: 'delta' } } as unknown as CatalogApiConfig;
const creation = (documentId: string, text = ''): Change => ({
  ...{ subsystem: 'Dataset', documentId, operation: 'create', user: 'ada', before: {} },
  after: { _id: documentId, text },
});

function changeLog(catalogue: Catalogue, logger: Logger = createLogger('change-log', 'silent')): ChangeLog {
  return new ChangeLog(catalogue, new ManualClock(), config, logger);
}

describe('The history of changes', () => {
  it('has each of those that come at one time, large ones as well', async () => {
    const catalogue = memoryCatalogue();
    const log = changeLog(catalogue);
    await Promise.all(
      ['a', 'b', 'c', 'd'].map((id) => log.write([creation(id, id === 'c' ? 'x'.repeat(200_000) : '')])),
    );
    await log.write([creation('e'), { ...creation('f'), subsystem: 'Sample' }]);
    const stored = await catalogue.other('History').find({}).toArray();
    assert.deepEqual(stored.map(({ documentId }) => String(documentId)).sort(), ['a', 'b', 'c', 'd', 'e']);
  });

  it('may fail, and the change is done all the same: the operator hears of each', async () => {
    const errors: unknown[] = [];
    const logger = { error: (facts: { documents: string[] }) => errors.push(...facts.documents) };
    const away = { storeChange: () => Promise.reject(new Error('away')) } as unknown as Catalogue;
    const log = changeLog(away, logger as unknown as Logger);
    await Promise.all(['a', 'b'].map((id) => log.write([creation(id)])));
    assert.deepEqual(errors, ['a', 'b']);
  });
});
