import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { why, type JobFact } from '#console-api';
import { forOwners, missingForOwners } from './for-owners.js';

describe('Why a job waits, for its owner', () => {
  it('tells who does not answer, without its address', () => {
    const message = 'it did not answer at http://archiver:3002: ECONNREFUSED';
    const since = '2026-01-01T00:00:00.000Z';
    const missing = [{ app: 'archiver', code: 'app.silent' as const, message, since }];
    const told = [{ app: 'archiver', code: 'app.silent', message: 'it does not answer', since }];
    assert.deepEqual(missingForOwners(missing), told);
    assert.deepEqual(forOwners(why([], missing, new Date(0)), 'mine').missing, told);
  });

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
