import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endingOf } from '#command-line';
import { explain, failureOf } from './refusals.js';

const call = { method: 'GET', path: '/x?y', url: 'http://server' };

describe('what a server refuses', () => {
  for (const [status, code] of [
    [400, 2],
    [404, 2],
    [401, 3],
    [403, 3],
    [409, 5],
    [412, 5],
    [422, 5],
    [500, 4],
    [503, 4],
    [599, 4],
  ] as const)
    it(`an answer ${status} ends with ${code}`, () =>
      assert.equal(endingOf(failureOf(status, 'because', call), false).exitCode, code));

  it("somebody else's dataset ends with 3, though the server says 400", () => {
    const failure = failureOf(400, 'Invalid new job. User needs to belong to job owner group.', call);
    assert.equal(endingOf(failure, false).exitCode, 3);
  });
});

describe('explain', () => {
  it("reads all of the server's forms", () => {
    assert.equal(explain({ message: ['a', 'b'] }), 'a; b');
    assert.equal(explain({ message: 'a' }), 'a');
    assert.equal(explain('Internal server error'), 'Internal server error');
    assert.equal(explain(undefined), 'no explanation');
  });
  it('names files that a dataset does not have', () => {
    const error = JSON.stringify([{ pid: 'p', nonExistFiles: ['a', 'b c'] }]);
    const message = 'At least one requested file could not be found.';
    assert.equal(explain({ message, error }), `${message} Not found: "a", "b c".`);
    for (const other of ['[{"pid":', JSON.stringify([{ pid: 'p' }])])
      assert.equal(explain({ message, error: other }), message);
  });
  it('names fields that the server does not know, however deep', () => {
    const unknown = (property: string): object => ({
      property,
      constraints: { whitelistValidation: `property ${property} should not exist` },
    });
    const message = JSON.stringify([
      unknown('colour'),
      { property: 'relationships', children: [{ property: '0', children: [unknown('kind')] }] },
    ]);
    assert.equal(
      explain({ status: 400, message }),
      'the field "colour" is not known; the field "kind" is not known',
    );
    assert.equal(explain({ message: '[no JSON' }), '[no JSON');
  });
});
