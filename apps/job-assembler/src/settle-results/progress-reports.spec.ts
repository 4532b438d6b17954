import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { JobProgressedV1, WorkProgressedV1 } from '#contracts';
import { ManualClock } from '#kernel';
import { Naming, type MessageTransport } from '#messaging';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { jobOf, orderOf, taskOf } from '../testing/samples.js';
import { ProgressReports } from './progress-reports.js';

describe('Reports of progress', () => {
  let clock: ManualClock;
  let assembler: Assembler;
  let told: JobProgressedV1[];
  let progress: ProgressReports;
  beforeEach(async () => {
    clock = new ManualClock();
    assembler = memoryAssembler(clock);
    told = [];
    const transport = {
      send: ({ body }: { body: Buffer }) =>
        told.push((JSON.parse(body.toString()) as { data: JobProgressedV1 }).data),
    };
    const { jobs, tasks, orders } = assembler;
    progress = new ProgressReports(
      ...([jobs, tasks, orders, transport as unknown as MessageTransport] as const),
      ...([new Naming('catena'), clock] as const),
    );
    await assembler.store.jobs.insertOne(jobOf('j', { totals: { datasets: 3, bytes: 15 } }));
    await assembler.store.tasks.insertMany([taskOf('j/0'), taskOf('j/1', { state: 'failed' })]);
    await assembler.store.orders.insertMany([
      orderOf('j/0/0', { state: 'released' }),
      orderOf('j/0/1', { state: 'done', share: 1 }),
    ]);
  });
  const report = (bytesDone: number, changes: Partial<WorkProgressedV1> = {}): Promise<void> =>
    progress.take({
      ...{ workOrderId: 'j/0/0', jobId: 'j', bytesDone, bytesTotal: 8, phase: 'packing' },
      ...changes,
    });

  it('add up the work of a job, and never promise less than the catalogue counted or the plan has', async () => {
    await report(4);
    const facts = [
      { name: 'percent', count: 75 },
      { name: 'bytesDone', count: 15 },
      { name: 'bytesTotal', count: 20 },
    ];
    assert.deepEqual(told, [
      {
        reasons: [{ code: 'work.running', since: clock.now().toISOString(), facts }],
        ...{ jobId: 'j', bytesDone: 15, bytesTotal: 20, datasetsDone: 1, datasetsTotal: 3 },
        phase: 'packing',
      },
    ]);
  });

  it('go out at most once a second and job, with everything that came meanwhile', async () => {
    await report(0);
    await report(4);
    clock.advance(1000);
    await report(8);
    assert.deepEqual(
      told.map(({ bytesDone }) => bytesDone),
      [10, 20],
    );
  });

  it('keep what the archiver waits for until it gets on', async () => {
    await report(0, { phase: 'waiting', reason: 'no room' });
    assert.equal((await assembler.orders.releasedWork('j'))[0]?.waits, 'no room');
    await report(1);
    assert.equal((await assembler.orders.releasedWork('j'))[0]?.waits, undefined);
  });

  it('say of work that has begun, and has moved no byte, that it is worked on', async () => {
    await report(0, { bytesTotal: 0, phase: 'waiting', reason: 'It has begun.', code: 'work.running' });
    const [{ waits, waitCode } = {}] = await assembler.orders.releasedWork('j');
    assert.deepEqual([waits, waitCode], [undefined, undefined]);
    assert.deepEqual(
      told.map(({ reasons }) => reasons?.map(({ code }) => code)),
      [['work.running']],
    );
  });

  it('carry what the job waits for, each code once', async () => {
    const limit = (target: string) =>
      ({
        code: 'limit.target',
        since: clock.now(),
        facts: { target },
        message: `a slot at ${target}`,
      }) as const;
    await assembler.jobs.noteWaiting('j', [limit('tape'), limit('disk')]);
    await progress.tell('j', 'waiting');
    const [{ waits, waitsFor, reasons } = {}] = told;
    assert.deepEqual([waits, waitsFor], [['limit.target'], ['a slot at tape', 'a slot at disk']]);
    const since = clock.now().toISOString();
    assert.deepEqual(
      reasons,
      ['tape', 'disk'].map((text) => ({ code: 'limit.target', since, facts: [{ name: 'target', text }] })),
    );
  });

  it('move the slot of a reading to where the archiver reads', async () => {
    const reading = { target: 'read:r@tape|disk', targets: ['tape', 'disk'], readAt: 'tape' };
    await assembler.store.orders.updateOne({ _id: 'j/0/0' }, { $set: reading });
    await report(0, { phase: 'recalling', readAt: 'disk' });
    assert.equal((await assembler.store.orders.findOne({ _id: 'j/0/0' }))?.readAt, 'disk');
  });
});
