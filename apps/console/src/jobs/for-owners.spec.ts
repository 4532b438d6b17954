import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { why, type JobFact } from '#console-api';
import { forOwners } from './for-owners.js';

describe('Why a job waits, for its owner', () => {
  it('names neither jobs nor groups of others', () => {
    const facts: JobFact[] = [
      { code: 'work.shared-recall', facts: { order: 'other/0/1', jobId: 'other' } },
      { code: 'limit.target', facts: { limit: 1, holders: 'p9: 1', place: 7 } },
      { code: 'work.retrying', facts: { jobId: 'mine', attempt: 2 } },
    ];
    const told = why([{ app: 'archiver', known: true, facts }], [], new Date(0));
    const shown = forOwners(told, 'mine');
    assert.ok(!/other|p9/.test(JSON.stringify(shown)), JSON.stringify(shown));
    assert.equal(shown.headline?.code, told.headline?.code);
    assert.deepEqual(
      shown.all.map((fact) => [fact.code, fact.facts]),
      [
        ['limit.target', { limit: 1, place: 7 }],
        ['work.retrying', { jobId: 'mine', attempt: 2 }],
        ['work.shared-recall', {}],
      ],
    );
  });
});
