import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { OutboxRelay } from '#outbox';
import type { AppHealth, PartHealth } from '#service-host';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredDatablock } from '../persistence/records.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { scopeOf, Workers } from '../persistence/operators/workers.js';
import { ShareModes } from '../persistence/share-modes.js';
import type { ProgressReporting } from './progress-reporting.js';
import { TargetNames } from '../domain/target-names.js';
import { ServedTargets } from '../order-recalls/served-targets.js';
import { WaitReasons } from './wait-reasons.js';
import { WaitingSigns } from './waiting-signs.js';

describe('The archiver, of work that does not run,', () => {
  const start = new Date('2026-01-01T00:00:00Z');
  const at = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);
  const clock = new ManualClock(at(10));
  const store = memoryArchiverStore();
  const orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
  const datablocks = new Datablocks(store);
  const [workers, modes] = [new Workers(store), new ShareModes(store, clock)];
  const sent: unknown[][] = [];
  const parts = new Map<string, () => Promise<PartHealth>>();
  const signs = new WaitingSigns(
    store,
    orders,
    datablocks,
    {
      send: ({ _id }: { _id: string }, ...said: unknown[]) => sent.push([_id, ...said]),
    } as unknown as ProgressReporting,
    new WaitReasons(new ServedTargets([], new TargetNames()), workers, modes),
    { add: (name: string, part: () => Promise<PartHealth>) => parts.set(name, part) } as unknown as AppHealth,
    clock,
    createLogger('spec', 'silent'),
  );
  const accept = (workOrderId: string, dueAt: Date, message?: string): Promise<void> =>
    orders.accept({
      command: { kind: 'verify', data: { workOrderId, jobId: 'j', pid: 'p', archiveId: 'a' } },
      ...{ acceptedAt: start, dueAt, context: undefined },
      ...(message === undefined ? {} : { fault: { code: 'x', message, at: start, fault: 'system' } }),
    });

  it('says what it waits for, shows how much there is, and which copies are damaged', async () => {
    await accept('runs', at(0));
    await orders.takeDue(at(1), at(100));
    await accept('due', at(2));
    await accept('full', at(500), 'The share is full.');
    await signs.round();
    assert.deepEqual(sent, [
      [
        'due',
        'waiting',
        0,
        0,
        'It waits until a worker of the archiver is free (ARCHIVER_WORKERS).',
        'work.queued',
      ],
      ['full', 'waiting', 0, 0, 'The share is full.', 'work.waiting'],
    ]);
    signs.onApplicationBootstrap();
    await signs.beforeApplicationShutdown();
    assert.deepEqual(await parts.get('work')?.(), {
      status: 'up',
      open: 3,
      waiting: 1,
      due: 1,
      oldestDueMs: 8,
    });
    assert.deepEqual(await parts.get('copies')?.(), { status: 'up', damaged: 0 });
    const copy = { share: 's', verifiedAt: start };
    await datablocks.record({ _id: 'a', state: 'verified', copies: [copy] } as unknown as StoredDatablock);
    await datablocks.copyDamaged('a', copy, at(1), 'torn');
    assert.deepEqual(await parts.get('copies')?.(), { status: 'damaged', damaged: 1 });
  });

  it('says who has paused all that could do it, and why; as long as one takes work, it waits for that', async () => {
    for (const pid of [1, 2])
      await workers.seen({
        ...{ _id: `h:${pid}`, host: 'h', pid, version: '1', slots: 1, works: 0, targets: [] },
        ...{ seenAt: clock.now(), startedAt: start },
      });
    const olga = { by: 'olga', reason: 'drive 3 is out' };
    const codeOfDue = async (): Promise<unknown[]> => {
      sent.length = 0;
      await signs.round();
      return sent.find(([id]) => id === 'due')!.slice(4);
    };
    await modes.set(scopeOf('h:1'), 'pause', olga);
    assert.equal((await codeOfDue())[1], 'work.queued');
    await modes.set(scopeOf('h:2'), 'drain', { by: 'ben', reason: 'the same' });
    assert.deepEqual(await codeOfDue(), [
      'It waits for the end of a pause of the archivers that could do it: olga says: drive 3 is out',
      'paused',
    ]);
    assert.equal(
      sent.find(([id]) => id === 'full')?.[5],
      'work.waiting',
      'what it was given back for counts',
    );
  });
});
