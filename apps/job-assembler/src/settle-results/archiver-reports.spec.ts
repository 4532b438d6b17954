import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { WorkOrder } from '../aggregates/records.js';
import type { Dispatcher } from '../release-work/dispatcher.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { archived, orderOf } from '../testing/samples.js';
import { ArchiverReportsConsumer } from './archiver-reports.consumer.js';
import type { DatasetSettling } from './dataset-settling.js';
import type { OutsideStaging } from './outside-staging.js';
import { PlacedDatablocks } from './placed-datablocks.js';
import type { ProgressReports } from './progress-reports.js';

describe('Reports of the archiver', () => {
  const logger = createLogger('archiver-reports.spec', 'silent');
  let assembler: Assembler;
  let settledTasks: string[];
  let woken: number;
  let staged: string[];
  let consumer: ArchiverReportsConsumer;
  beforeEach(async () => {
    assembler = memoryAssembler(new ManualClock());
    [settledTasks, woken] = [[], 0];
    const settling = { settle: (taskId: string) => Promise.resolve(settledTasks.push(taskId)) };
    const placed = new PlacedDatablocks(assembler.orders, assembler.places);
    staged = [];
    const staging = {
      failed: () => Promise.resolve(false),
      discarded: (id: string) => Promise.resolve(staged.push(id)),
      retrieved: () => Promise.resolve(false),
    } as unknown as OutsideStaging;
    const dispatcher = { wake: () => (woken += 1) };
    consumer = new ArchiverReportsConsumer(
      ...([assembler.orders, settling as unknown as DatasetSettling, {} as ProgressReports] as const),
      ...([dispatcher as unknown as Dispatcher, placed, staging, new ManualClock(), logger] as const),
    );
    await assembler.store.orders.insertOne(orderOf('j/0/0', { state: 'released' }));
  });
  const found = async (): Promise<WorkOrder> => (await assembler.store.orders.findOne({ _id: 'j/0/0' }))!;
  const workOrderId = 'j/0/0';
  const fault = { code: 'c', message: 'm', fault: 'system' as const };

  it('end released work with its result, make room, and are a reason to look at the dataset', async () => {
    const { kind: _, ...data } = archived;
    await consumer.archived({ data: { workOrderId, ...data } } as never);
    assert.deepEqual([(await found()).state, (await found()).result], ['done', archived]);
    assert.deepEqual([settledTasks, woken], [['j/0'], 1]);
  });

  it('that come twice, or late, change nothing, but the dataset is looked at again', async () => {
    await consumer.cancelled({ data: { workOrderId } } as never);
    await consumer.verified({ data: { workOrderId } } as never);
    assert.deepEqual([(await found()).state, settledTasks], ['cancelled', ['j/0', 'j/0']]);
  });

  it('of a part say what it is called, and those of a whole datablock do not', async () => {
    await assembler.store.orders.insertOne(orderOf('j/0/1', { state: 'released' }));
    const link = { packedSize: 1, sha256: 'x', url: 'u', expiresAt: 'e' };
    await consumer.retrieved({
      data: { workOrderId, ...link, files: 2, name: 'j_00000.part-1.tar' },
    } as never);
    await consumer.retrieved({ data: { workOrderId, ...link } } as never);
    await consumer.retrieved({ data: { workOrderId: 'j/0/1', ...link } } as never);
    assert.deepEqual((await found()).result, { kind: 'retrieve', ...link, name: 'j_00000.part-1.tar' });
    const whole = await assembler.store.orders.findOne({ _id: 'j/0/1' });
    assert.deepEqual(whole?.result, { kind: 'retrieve', ...link });
  });

  it('of copies that were mended or moved are kept with where they lie now, before the dataset is looked at', async () => {
    const data = { workOrderId, packedSize: 12, targets: ['b', 'c'], placement: 2 };
    await consumer.moved({ data } as never);
    await consumer.moved({ data } as never);
    const { state, result, pid, archiveId } = await found();
    assert.deepEqual(
      [state, result],
      ['done', { kind: 'copies', packedSize: 12, targets: ['b', 'c'], placement: 2 }],
    );
    assert.deepEqual(await assembler.places.of(archiveId, pid), ['b', 'c']);
    assert.deepEqual(settledTasks, ['j/0', 'j/0']);
    await assembler.store.orders.insertOne(orderOf('j/1/0', { kind: 'repair', state: 'released' }));
    await consumer.repaired({
      data: { workOrderId: 'j/1/0', packedSize: 12, mended: 1, repaired: ['b'], placement: 0 },
    } as never);
    const mended = await assembler.store.orders.findOne({ _id: 'j/1/0' });
    assert.deepEqual(mended?.result, { kind: 'copies', packedSize: 12, placement: 0, mended: 1 });
  });

  it('about work that nobody knows are settled', async () => {
    assert.equal((await consumer.verified({ data: { workOrderId: 'none' } } as never)).kind, 'done');
    assert.deepEqual(settledTasks, []);
  });

  it('of a failure say why', async () => {
    await consumer.failed({ data: { workOrderId, ...fault } } as never);
    assert.deepEqual([(await found()).state, (await found()).fault], ['failed', fault]);
  });

  it('that a release of originals was ended are its answer, and end nothing', async () => {
    await consumer.cancelled({ data: { workOrderId: `${workOrderId}/release`, jobId: 'j' } } as never);
    const { state, releaseFault } = await found();
    assert.deepEqual([state, releaseFault?.code, settledTasks], ['released', 'assembly.release-ended', []]);
  });

  it('of what was to follow the end are noted, and end nothing', async () => {
    await consumer.failed({ data: { workOrderId: `${workOrderId}/release`, ...fault } } as never);
    await consumer.failed({ data: { workOrderId: `${workOrderId}/discard`, ...fault } } as never);
    await consumer.released({
      data: { workOrderId: `${workOrderId}/release`, released: 2, kept: 0 },
    } as never);
    const certify = { data: { workOrderId: `${workOrderId}/certify`, ...fault } } as never;
    assert.equal((await consumer.failed(certify)).kind, 'done');
    const { state, releaseFault, discardFault, originals } = await found();
    assert.deepEqual([state, releaseFault, discardFault], ['released', fault, fault]);
    assert.deepEqual([originals, settledTasks], [{ released: 2, kept: 0 }, []]);
  });
});
