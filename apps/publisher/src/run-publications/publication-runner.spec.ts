import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock, wait } from '#kernel';
import { createLogger } from '#observability';
import { newOutbox, type OutboxRelay } from '#outbox';
import { memoryCollection } from '#persistence/testing';
import { LeasedPublications } from '../persistence/leased-publications.js';
import { LeaseLost, type Lease } from '../persistence/lease.js';
import type { PublisherStore } from '../persistence/publisher-store.js';
import type { Publication } from '../persistence/records.js';
import type { PublisherConfig } from '../publisher.config.js';
import type { PublicationFaults } from './publication-faults.js';
import { PublicationRunner } from './publication-runner.js';
import type { PublicationSteps } from './publication-steps.js';

const lease = 30;
const doi = '10.5072/abc';

/** A runner over one publication that has everything left to do. */
async function scene(take: (lease: Lease, database: { away: boolean }) => Promise<void>) {
  const clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
  const publications = memoryCollection<Publication>();
  await publications.insertOne({
    ...{
      _id: doi,
      version: 1,
      wanted: 'published',
      stale: true,
      heard: 1,
      revision: 0,
      reported: 0,
      epoch: 0,
    },
    ...{ attempts: 0, doi: { state: 'none' }, dueAt: clock.now(), leasedUntil: new Date(0) },
    outbox: newOutbox([], clock.now()),
  });
  const database = { away: false };
  const store = { publications, whenReady: () => Promise.resolve() } as unknown as PublisherStore;
  const held = new LeasedPublications(store, { wake: () => undefined } as unknown as OutboxRelay);
  const renew = held.renew.bind(held);
  held.renew = (...held) => (database.away ? Promise.reject(new Error('away')) : renew(...held));
  const seen: { readonly step: string; readonly epoch: number }[] = [];
  const faults: unknown[] = [];
  const steps = {
    take: (step: string, _: unknown, hold: Lease) => {
      seen.push({ step, epoch: hold.epoch });
      return take(hold, database);
    },
  } as unknown as PublicationSteps;
  const after = (
    _step: unknown,
    _publication: unknown,
    { epoch }: Lease,
    error: unknown,
  ): Promise<unknown> => {
    faults.push(error);
    return publications.updateOne({ _id: doi, epoch }, { $unset: { dueAt: '' } });
  };
  const runner = new PublicationRunner(
    ...([store, held, steps, { after } as unknown as PublicationFaults, clock] as const),
    { lease, workers: 1 } as PublisherConfig,
    createLogger('publication-runner.spec', 'silent'),
  );
  const state = async (): Promise<Publication> => (await publications.findOne({ _id: doi }))!;
  return { clock, publications, runner, seen, faults, state };
}

async function until(happened: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await happened())) await wait(2);
}

describe('The runner of publications', () => {
  it('takes no further step when its lease ran out during one: DataCite knows no conditional writes', async () => {
    const { clock, runner, seen, publications } = await scene(async (hold, database) => {
      if (hold.epoch > 1) {
        await publications.updateOne({ _id: doi }, { $unset: { dueAt: '' } });
        throw new LeaseLost(doi);
      }
      database.away = true;
      clock.advance(lease);
      await until(() => hold.signal.aborted);
      database.away = false;
    });
    runner.onApplicationBootstrap();
    // Only with a newer token, which another worker might as well have.
    await until(async () => {
      clock.advance(1);
      return Promise.resolve(seen.length > 1);
    });
    await runner.beforeApplicationShutdown();
    assert.deepEqual(
      seen.map(({ epoch }) => epoch),
      [1, 2],
    );
  });

  it('leaves a step that another worker has taken over', async () => {
    const { runner, seen, faults, publications } = await scene(async (hold) => {
      if (hold.epoch > 1) return;
      await publications.updateOne({ _id: doi }, { $inc: { epoch: 1 }, $unset: { dueAt: '' } });
      await until(() => hold.signal.aborted);
      throw new LeaseLost(doi);
    });
    runner.onApplicationBootstrap();
    await until(() => seen.length === 1);
    await runner.beforeApplicationShutdown();
    assert.deepEqual([seen.length, faults], [1, []]);
  });

  it('hands what a step throws to those who know what becomes of it', async () => {
    const fault = new Error('the step failed');
    const { runner, faults } = await scene(() => Promise.reject(fault));
    runner.onApplicationBootstrap();
    await until(() => faults.length > 0);
    await runner.beforeApplicationShutdown();
    assert.deepEqual(faults, [fault]);
  });

  it('goes step by step, and gives the publication back when it is stopped in between', async () => {
    const { runner, seen, state } = await scene(async () => {
      if (seen.length === 1) void runner.beforeApplicationShutdown();
      return Promise.resolve();
    });
    runner.onApplicationBootstrap();
    await until(() => seen.length === 1);
    await runner.beforeApplicationShutdown();
    const { leasedUntil, dueAt } = await state();
    assert.deepEqual([seen.length, leasedUntil], [1, new Date(0)]);
    assert.notEqual(dueAt, undefined, 'the next worker goes on');
  });
});
