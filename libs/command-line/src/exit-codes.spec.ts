import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PermanentError } from '#kernel';
import { endingOf, exitCodes, Failure } from './exit-codes.js';

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
