import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { JobRefusal } from '../domain/errors.js';
import { AnonymousJobLimits } from './anonymous-job-limits.js';

describe('Jobs of callers without an account', () => {
  const clock = new ManualClock(new Date(0));
  const limitsOf = (
    datasetsPerAddress: number,
    jobsPerMailbox: number,
    datasetsPerProcess: number,
  ): AnonymousJobLimits =>
    new AnonymousJobLimits(clock, {
      anonymousJobs: { datasetsPerAddress, jobsPerMailbox, datasetsPerProcess },
    } as unknown as CatalogApiConfig);
  const post = (
    limits: AnonymousJobLimits,
    address: string,
    mailbox: string,
    datasets = 1,
  ): Promise<string> => limits.guard({ address, mailbox, datasets }, () => Promise.resolve('created'));
  const isRefused = (error: unknown): boolean =>
    error instanceof JobRefusal && error.status === 429 && error.retryAfter === 3600;

  it('are limited by the address they come from and by the mailbox they name, for an hour', async () => {
    const limits = limitsOf(2, 3, 0);
    await post(limits, '192.0.2.1', 'x@example.org');
    await post(limits, '192.0.2.1', 'X@example.org');
    await assert.rejects(post(limits, '192.0.2.1', 'y@example.org'), isRefused);
    await post(limits, '192.0.2.2', 'x@example.org');
    await assert.rejects(post(limits, '192.0.2.2', 'x@example.org'), isRefused);
    await post(limits, '192.0.2.2', 'y@example.org');
    clock.advance(3_600_000);
    assert.equal(await post(limits, '192.0.2.1', 'x@example.org'), 'created');
  });

  it('count by the datasets they ask for: one job may name ten thousand', async () => {
    const limits = limitsOf(10, 0, 0);
    await assert.rejects(post(limits, '192.0.2.1', 'x', 11), isRefused);
    await post(limits, '192.0.2.1', 'x', 8);
    await assert.rejects(post(limits, '192.0.2.1', 'x', 3), isRefused);
    await post(limits, '192.0.2.1', 'x', 2);
  });

  it('are limited all together, also while they are being stored', async () => {
    const limits = limitsOf(0, 0, 2);
    let finish: (value: string) => void = () => undefined;
    const slow = limits.guard(
      { address: '192.0.2.1', mailbox: 'x', datasets: 1 },
      () => new Promise<string>((resolve) => (finish = resolve)),
    );
    await post(limits, '192.0.2.2', 'y');
    await assert.rejects(post(limits, '192.0.2.3', 'z'), isRefused);
    finish('created');
    assert.equal(await slow, 'created');
  });

  it('that are refused do not count, and push nothing out that does', async () => {
    const limits = limitsOf(1, 1, 2);
    const refusal = new Error('not published');
    await post(limits, '192.0.2.1', 'x');
    for (let attempt = 0; attempt < 50_001; attempt += 1)
      await assert.rejects(
        limits.guard({ address: '192.0.2.2', mailbox: `m${attempt}`, datasets: 1 }, () =>
          Promise.reject(refusal),
        ),
        refusal,
      );
    await assert.rejects(post(limits, '192.0.2.1', 'other'), isRefused);
    await post(limits, '192.0.2.2', 'm0');
    await assert.rejects(post(limits, '192.0.2.3', 'z'), isRefused);
  });
});
