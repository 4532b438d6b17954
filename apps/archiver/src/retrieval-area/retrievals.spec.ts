import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { AppHealth } from '#service-host';
import { MemoryObjectStore } from '#storage/testing';
import type { ArchiverConfig } from '../archiver.config.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { retrievalArea } from '../testing/retrieval-area.js';
import { Retrievals } from './retrievals.js';

describe('The retrieval area as operators see it', () => {
  it('shows its limits, what takes room for whom, who waits, and when the next copy goes', async () => {
    const clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
    const config = {
      ...{ lease: 60_000, retrievedLifetime: 3_600_000, retrievalBucket: 'retrieval' },
      ...{ retrievalSpace: 100, retrievalQuota: 80 },
    } as ArchiverConfig;
    const [store, objects] = [memoryArchiverStore(), new MemoryObjectStore()];
    const { lock, figures, waits } = retrievalArea({ store, objects, clock, config });
    const health = { add: () => undefined } as unknown as AppHealth;
    const retrievals = new Retrievals(figures, waits, health, clock, config);
    const context = { epoch: 1, signal: new AbortController().signal, progress: () => undefined };
    const recall = (id: string, bytes: number, work?: Promise<never>) =>
      lock.recall(
        { name: id, archiveId: id, bytes },
        { order: `${id}/0/0`, job: id, group: 'g' },
        context,
        () => work ?? Promise.resolve({ bytes, sha256: 'x' }),
      );
    await recall('a', 50);
    let fail: (error: Error) => void = () => undefined;
    const running = recall('b', 20, new Promise<never>((_resolve, reject) => (fail = reject)));
    while ((await store.retrieved.countDocuments({})) < 2);
    await assert.rejects(recall('c', 40), { code: 'archiver.retrieval-quota-full' });
    assert.deepEqual(await retrievals.state(), {
      ...{ space: 100, quota: 80, copies: 1, used: 50, reserved: 20 },
      nextEnd: '2026-01-01T01:00:00.000Z',
      groups: [{ group: 'g', copies: 2, bytes: 70 }],
      waiting: 1,
      queue: [
        {
          ...{ workOrderId: 'c/0/0', jobId: 'c', group: 'g', bytes: 40 },
          ...{ since: '2026-01-01T00:00:00.000Z', lacks: 'quota' as const },
        },
      ],
    });
    fail(new Error('over'));
    await assert.rejects(running, /over/);
  });
});
