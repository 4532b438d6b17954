import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { JobRefusal } from '../domain/errors.js';
import { AnonymousJobLimits } from './anonymous-job-limits.js';

const from = (address: string, mailbox: string) => ({ address, mailbox });

describe('Jobs of callers without an account', () => {
  const clock = new ManualClock(new Date(0));
  const limitsOf = (perAddress: number, perMailbox: number, altogether: number): AnonymousJobLimits =>
    new AnonymousJobLimits(clock, {
      anonymousJobs: { perAddress, perMailbox, altogether },
    } as unknown as CatalogApiConfig);
  const post = (limits: AnonymousJobLimits, address: string, mailbox: string): Promise<string> =>
    limits.guard(from(address, mailbox), () => Promise.resolve('created'));
  const isRefused = (error: unknown): boolean =>
    error instanceof JobRefusal && error.status === 429 && error.retryAfter === 3600;

  it('are limited by the address they come from and by the mailbox they name, for an hour', async () => {
    const limits = limitsOf(2, 3, 0);
    await post(limits, 'a', 'x@example.org');
    await post(limits, 'a', 'X@example.org');
    await assert.rejects(post(limits, 'a', 'y@example.org'), isRefused);
    await post(limits, 'b', 'x@example.org');
    await assert.rejects(post(limits, 'b', 'x@example.org'), isRefused);
    await post(limits, 'b', 'y@example.org');
    clock.advance(3_600_000);
    assert.equal(await post(limits, 'a', 'x@example.org'), 'created');
  });

  it('are limited all together, also while they are being stored', async () => {
    const limits = limitsOf(0, 0, 2);
    let finish: (value: string) => void = () => undefined;
    const slow = limits.guard(from('a', 'x'), () => new Promise<string>((resolve) => (finish = resolve)));
    await post(limits, 'b', 'y');
    await assert.rejects(post(limits, 'c', 'z'), isRefused);
    finish('created');
    assert.equal(await slow, 'created');
  });

  it('that are refused do not count', async () => {
    const limits = limitsOf(1, 1, 1);
    const refusal = new Error('not published');
    for (let attempt = 0; attempt < 3; attempt += 1)
      await assert.rejects(
        limits.guard(from('a', 'x'), () => Promise.reject(refusal)),
        refusal,
      );
    assert.equal(await post(limits, 'a', 'x'), 'created');
  });
});
