import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tapeCopiesOf } from './job-rules.js';

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
