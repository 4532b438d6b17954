import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { archiversIn, areasIn, asidesIn, copiesIn, isAllOf, retrievedIn } from './archive-rows.js';
import { databasesOf } from './told-once.js';

const at = '2026-11-29T11:00:00Z';
const copy = {
  ...{ archiveId: 'p/1', pid: 'p', share: 'lts', bytes: 7, state: 'verified', checkedAt: at, verifiedAt: at },
};
const from = <Row>(app: string, ...items: readonly Row[]) => ({ answers: [{ app, body: { items } }] });

describe('What archivers did not tell', () => {
  const silent = (app: string) => ({ app, code: 'app.silent' as const, message: '', since: '' });
  const namesOf = (missing: readonly string[], without: readonly string[]) =>
    archiversIn([{ missing: missing.map(silent), without }]).map(({ app }) => app);

  it('is what archivers without the call have, and apps that may be archivers', () => {
    assert.deepEqual(namesOf(['archiver', 'tape-basel'], ['archiver-bern', 'publisher']), [
      ...['archiver-bern', 'archiver', 'tape-basel'],
    ]);
    assert.deepEqual(namesOf(['catalog-api', 'job-assembler-psi', 'publisher'], ['catalog-api']), []);
  });

  it('is everything where no archiver has told', () => {
    assert.equal(isAllOf([{ answers: [], missing: [], without: ['catalog-api'] }]), false);
    const answers = [{ app: 'archiver', body: {} }];
    assert.equal(isAllOf([{ answers, missing: [], without: ['catalog-api'] }]), true);
    assert.equal(isAllOf([{ answers, missing: [], without: ['archiver-bern'] }]), false);
  });
});

describe('What several archivers tell', () => {
  it('is one row where they share a database, with all that told it', () => {
    const rows = copiesIn([from('archiver', copy), from('archiver-basel', copy)]);
    assert.deepEqual(rows, [{ ...copy, app: 'archiver', apps: ['archiver', 'archiver-basel'] }]);
    const retrieved = { id: 'p/1', archiveId: 'p/1', state: 'present', expiresAt: at };
    assert.equal(retrievedIn([from('archiver', retrieved), from('archiver-basel', retrieved)]).length, 1);
    const file = { _id: 'x', share: 'lts', archiveId: 'p/1', pid: 'p', state: 'kept', setAsideAt: at };
    const both = [...from('archiver', file).answers, ...from('archiver-basel', file).answers];
    assert.deepEqual(
      asidesIn({ answers: both } as never, []).map(({ apps }) => apps),
      [['archiver', 'archiver-basel']],
    );
  });

  it('is shown as it is found to be last, and is not good because one has not heard yet', () => {
    const bad = { ...copy, state: 'damaged', checkedAt: '2026-11-29T11:30:00Z' };
    const worse = { ...bad, state: 'missing', checkedAt: '2026-11-29T11:40:00Z' };
    const odd = { ...copy, state: 'odd' };
    for (const [one, other, shown] of [
      [copy, bad, 'damaged'],
      [bad, worse, 'missing'],
      [copy, odd, 'odd'],
    ] as const)
      for (const [first, second] of [
        [one, other],
        [other, one],
      ] as const)
        assert.deepEqual(
          copiesIn([from('archiver', first), from('archiver-basel', second)]).map(({ state }) => state),
          [shown],
        );
  });

  it('is apart where they have databases of their own', () => {
    const other = { ...copy, verifiedAt: '2026-11-28T11:00:00Z' };
    const rows = copiesIn([from('archiver', copy), from('archiver-basel', other)]);
    assert.deepEqual(
      rows.map(({ apps }) => apps),
      [['archiver'], ['archiver-basel']],
    );
    assert.equal(databasesOf(rows)('archiver-basel'), 'archiver-basel');
  });

  it('is acted on by one that has the share, where that is known', () => {
    const file = { _id: 'x', share: 'vault', archiveId: 'p/1', pid: 'p', state: 'kept', setAsideAt: at };
    const answers = [...from('archiver', file).answers, ...from('archiver-basel', file).answers];
    const shares = [
      { app: 'archiver', name: 'lts' },
      { app: 'archiver-basel', name: 'vault' },
      { app: 'archiver-bern', name: 'vault' },
    ];
    assert.equal(asidesIn({ answers } as never, shares)[0]?.app, 'archiver-basel');
    assert.equal(asidesIn({ answers } as never, [])[0]?.app, 'archiver');
  });

  it('is one retrieval area, or several where the figures differ', () => {
    const area = (app: string, used: number) => ({ app, body: { used } });
    assert.deepEqual(
      areasIn([area('a', 1), area('b', 1), area('c', 2)]).map(({ apps }) => apps),
      [['a', 'b'], ['c']],
    );
  });

  it('says who shares a database, by way of others, too', () => {
    const databaseOf = databasesOf([{ apps: ['c', 'b'] }, { apps: ['d'] }, { apps: ['b', 'a'] }]);
    assert.deepEqual(['a', 'b', 'c', 'd', 'e'].map(databaseOf), ['a', 'a', 'a', 'd', 'e']);
  });
});
