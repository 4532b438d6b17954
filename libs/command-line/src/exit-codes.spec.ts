import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PermanentError } from '#kernel';
import { endingOf, exitCodes, Failure } from './exit-codes.js';
import { explain, failureOf } from '../../../apps/cli/src/server/refusals.js';

const call = { method: 'GET', path: '/x?y', url: 'http://server' };

describe('exit codes', () => {
  it('are what scripts rely on', () =>
    assert.deepEqual(exitCodes, {
      done: 0,
      failed: 1,
      usage: 2,
      notAllowed: 3,
      unreachable: 4,
      conflict: 5,
      interrupted: 130,
    }));

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
  it('an interruption counts more than what it broke', () =>
    assert.equal(endingOf(new Error('socket hang up'), true).exitCode, 130));
  it('the reason below a wrapped error decides', () => {
    const wrapped = new PermanentError('datablock.unreadable', 'broken', {
      cause: new Failure('unreachable', 'away'),
    });
    assert.deepEqual(endingOf(wrapped, false), { exitCode: 4, code: 'cli.unreachable', message: 'away' });
  });
  it('what the operating system says becomes a sentence that says what helps', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      ...{ code: 'ENOSPC', syscall: 'mkdir', path: '/full/x' },
    });
    assert.deepEqual(endingOf(error, false), {
      ...{ exitCode: 1, code: 'cli.failed' },
      message:
        'Expected to use /full/x, found a full disk (ENOSPC). Make room and run the same command again.',
    });
  });
  it('anything else is a failure with its own code', () =>
    assert.deepEqual(endingOf(new PermanentError('datablock.verification-failed', 'damaged'), false), {
      exitCode: 1,
      code: 'datablock.verification-failed',
      message: 'damaged',
    }));
});

describe('explain', () => {
  it("reads all of the server's forms", () => {
    assert.equal(explain({ message: ['a', 'b'] }), 'a; b');
    assert.equal(explain({ message: 'a' }), 'a');
    assert.equal(explain('Internal server error'), 'Internal server error');
    assert.equal(explain(undefined), 'no explanation');
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
