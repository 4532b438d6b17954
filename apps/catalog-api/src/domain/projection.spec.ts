import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alsoReading } from './projection.js';

describe('What is read for a join', () => {
  it('is hidden where nobody asked for it', () => {
    assert.deepEqual(alsoReading({ datasetName: 1 }, ['pid', 'proposalIds']), {
      projection: { datasetName: 1, pid: 1, proposalIds: 1 },
      hidden: ['pid', 'proposalIds'],
    });
    assert.deepEqual(alsoReading({ pid: 1 }, ['pid']), { projection: { pid: 1 }, hidden: [] });
    assert.deepEqual(alsoReading({ _id: 1 }, ['_id']), { projection: { _id: 1 }, hidden: [] });
  });

  it('is not left out by whoever leaves it out of the answer', () => {
    assert.deepEqual(alsoReading({ proposalIds: 0, pid: 0, size: 0 }, ['pid']), {
      projection: { proposalIds: 0, size: 0 },
      hidden: ['pid'],
    });
    assert.deepEqual(alsoReading({ pid: 0 }, ['pid']), { projection: undefined, hidden: ['pid'] });
  });

  it('is everything where everything is shown', () =>
    assert.deepEqual(alsoReading(undefined, ['pid']), { projection: undefined, hidden: [] }));

  it('is the whole of a field of which a part is shown', () =>
    assert.deepEqual(alsoReading({ 'relationships.targetId': 1, caption: 1 }, ['relationships']), {
      projection: { caption: 1, relationships: 1 },
      hidden: [],
    }));
});
