import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JobRefusal } from './errors.js';
import { tapeCopiesOf } from '#scicat-words';
import { copyTargetsOf } from './job-rules.js';

describe('Copies that a job asks for', () => {
  it('are written as a word or a number', () => {
    for (const [tapeCopies, expected] of [
      ...([
        ['one', 1],
        ['Two', 2],
        [' two ', 2],
        [3, 3],
        ['4', 4],
      ] as const),
    ])
      assert.equal(tapeCopiesOf({ tapeCopies }), expected, JSON.stringify(tapeCopies));
  });

  it('are none of what means nothing', () => {
    for (const tapeCopies of [undefined, null, '', 'both', 0, 5, 1.5, [], {}, true, 'constructor'])
      assert.equal(tapeCopiesOf({ tapeCopies }), undefined, JSON.stringify(tapeCopies));
  });
});

describe('Targets that a job on copies names', () => {
  it('are two of a migration, and at most one of a repair; other jobs name none', () => {
    const jobParams = { from: 'tape-a', to: 'tape-b', target: 'disk' };
    assert.deepEqual(copyTargetsOf('migrate', jobParams), { moveFrom: 'tape-a', moveTo: 'tape-b' });
    assert.deepEqual(copyTargetsOf('repair', jobParams), { repairAt: 'disk' });
    assert.deepEqual([copyTargetsOf('repair', {}), copyTargetsOf('archive', jobParams)], [{}, {}]);
  });

  it('are refused where they cannot be names, are missing, or are the same', () => {
    const refused = (message: RegExp) => (error: unknown) =>
      error instanceof JobRefusal && error.status === 400 && message.test(error.message);
    for (const from of [undefined, null, '', 'Tape A', 'a+b', 'a'.repeat(41), ['a'], { $ne: '' }, 1])
      assert.throws(() => copyTargetsOf('migrate', { from, to: 'b' }), refused(/jobParams.from/));
    assert.throws(() => copyTargetsOf('migrate', { from: 'a' }), refused(/jobParams.to, found nothing/));
    assert.throws(() => copyTargetsOf('migrate', { from: 'a', to: 'a' }), refused(/nothing to move/));
    assert.throws(() => copyTargetsOf('repair', { target: 'B' }), refused(/jobParams.target/));
  });
});
