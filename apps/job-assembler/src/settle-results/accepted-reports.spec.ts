import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLogger } from '#observability';
import type { Acceptance, OutboxRelay } from '#outbox';
import { AcceptedReports } from './accepted-reports.js';
import type { JobEnding } from './job-ending.js';

it('A receipt for news of a dataset is a reason to look at its job, once for each job, whatever becomes of the look', () => {
  let tell: ((acceptances: readonly Acceptance[]) => void) | undefined;
  const relay = { onAccepted: (listener: typeof tell) => (tell = listener) } as unknown as OutboxRelay;
  const looked: string[] = [];
  const ending = {
    settle: (jobId: string) => {
      looked.push(jobId);
      return jobId === 'a' ? Promise.reject(new Error('away')) : Promise.resolve();
    },
  };
  new AcceptedReports(
    relay,
    ending as unknown as JobEnding,
    createLogger('accepted-reports.spec', 'silent'),
  ).onApplicationBootstrap();
  const addresses = ['dataset_tasks/a/0', 'dataset_tasks/a/1', 'work_orders/b/0/0', 'dataset_tasks/c/0'];
  tell?.(addresses.map((address) => ({ address, messageId: address, consumer: 'catalog-api' })));
  assert.deepEqual(looked, ['a', 'c']);
});
