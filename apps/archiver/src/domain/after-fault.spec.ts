import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PermanentError, TransientError } from '#kernel';
import { afterFault, factsOf } from './after-fault.js';
import { waitingCodes, WorkDeferred } from './work.js';

const patience = { maxAttempts: 3, retryPause: { first: 10, most: 40 } };
const after = (error: unknown, attempts = 0) => afterFault(error, attempts, patience);

describe('After a fault a work order', () => {
  it('is left to the worker that has taken it over', () =>
    assert.deepEqual(after(new TransientError('archiver.lease-lost', 'x')), { kind: 'dropped' }));

  it('is taken back when it was cancelled', () =>
    assert.deepEqual(after(new TransientError('archiver.cancelled', 'x')), { kind: 'cancelled' }));

  it('is due at once for another worker when this one stops, and it costs no attempt', () =>
    assert.deepEqual(after(new TransientError('archiver.stopping', 'x'), 2), {
      kind: 'given-back',
      pause: 0,
    }));

  it('is due after the pause that another recall asked for', () =>
    assert.deepEqual(after(new WorkDeferred('somebody else recalls it', 1000), 2), {
      kind: 'given-back',
      pause: 1000,
    }));

  for (const code of waitingCodes)
    it(`waits for as long as it takes after ${code}`, () =>
      assert.deepEqual(after(new PermanentError(code, 'x'), 99), {
        ...{ kind: 'again', pause: 10, attempts: 99, waits: true },
      }));

  it('waits for what is away, whatever its code', () =>
    assert.deepEqual(after(new TransientError('archiver.source-away', 'x', { away: true }), 7), {
      ...{ kind: 'again', pause: 10, attempts: 7, waits: true },
    }));

  it('waits as long as what takes hours asks for, and costs no attempt', () =>
    assert.deepEqual(
      after(
        new TransientError('long-term-storage.cold-restoring', 'x', {
          away: true,
          details: { lookAgainIn: 300_000 },
        }),
        7,
      ),
      { kind: 'again', pause: 300_000, attempts: 7, waits: true },
    ));

  it('is tried again after a longer pause each time, and fails with the last attempt', () => {
    const error = new TransientError('storage.reference-damaged', 'x');
    const pauses = [0, 1].map((attempts) => {
      const next = after(error, attempts);
      assert.ok(next.kind === 'again' && !next.waits && next.attempts === attempts + 1);
      return next.pause;
    });
    assert.ok(
      pauses.every((pause) => pause >= 10 && pause <= 50),
      `found ${pauses.join(', ')}`,
    );
    assert.deepEqual(after(error, 2), {
      ...{ kind: 'failed', attempts: 3, code: 'storage.reference-damaged', fault: 'system' },
    });
  });

  it('fails at once when trying again cannot help, by the fault of those who gave the files or of the system', () => {
    const failed = (code: string) => {
      const next = after(new PermanentError(code, 'x'));
      return next.kind === 'failed' ? [next.code, next.fault] : next;
    };
    assert.deepEqual(failed('datablock.member-missing'), ['archiver.originals-incomplete', 'user']);
    assert.deepEqual(failed('archiver.source-refused'), ['archiver.source-refused', 'user']);
    assert.deepEqual(failed('archiver.copy-damaged'), ['archiver.copy-damaged', 'system']);
  });

  it('has a code and a sentence even when the fault is a mistake of this program', () => {
    assert.deepEqual(factsOf(new TypeError('x of undefined')), {
      ...{ code: 'archiver.unexpected-error', error: 'x of undefined' },
    });
    assert.equal(after(new TypeError('x of undefined'), 2).kind, 'failed');
  });
});
