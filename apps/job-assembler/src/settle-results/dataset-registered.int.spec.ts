import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DatasetRegistrationRefusedV1, Envelope } from '#contracts';
import { newId, SystemClock } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { DatasetTask, WorkOrder } from '../aggregates/records.js';
import { assemblerOn } from '../testing/assembler.js';
import { settlingOn } from '../testing/settling.js';
import { DatasetRegisteredConsumer } from './dataset-registered.consumer.js';

describe('A dataset whose registration is refused', () => {
  const logger = createLogger('dataset-registered.int.spec', 'silent');
  const clock = new SystemClock();
  let mongo: MongoConnection;
  let store: AssemblerStore;
  let consumer: DatasetRegisteredConsumer;

  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/refused-${newId().slice(0, 8)}`;
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    store = new AssemblerStore(mongo, logger);
    await store.whenReady();
    const assembler = assemblerOn(store, clock);
    const { ending, unregistered } = settlingOn(assembler, clock);
    consumer = new DatasetRegisteredConsumer(
      ...([assembler.tasks, assembler.orders, ending, unregistered, clock] as const),
    );
  });
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  /** A dataset with one datablock on long-term storage. */
  async function task(state: DatasetTask['state']): Promise<string> {
    const jobId = newId();
    const _id = `${jobId}/0`;
    await store.tasks.insertOne({
      _id,
      jobId,
      pid: 'p',
      workflow: 'archive',
      state,
      bytes: 1,
      updatedAt: clock.now(),
      outbox: { rows: [] },
    });
    await store.orders.insertOne({
      _id: `${_id}/0`,
      taskId: _id,
      jobId,
      pid: 'p',
      kind: 'archive',
      state: 'done',
      archiveId: `p/${jobId}/00000.tar`,
      outbox: { rows: [] },
    } as unknown as WorkOrder);
    return jobId;
  }
  const refuse = (jobId: string, code: string) =>
    consumer.refused({
      data: { jobId, pid: 'p', code, message: 'why' },
    } as unknown as Envelope<DatasetRegistrationRefusedV1>);
  async function seen(jobId: string): Promise<unknown[]> {
    const [order, { state, fault }] = await Promise.all([
      store.orders.findOne({ jobId }),
      store.tasks.findOne({ jobId }).then((found) => found!),
    ]);
    const types = (order?.outbox.rows ?? []).map(({ envelope }) => envelope?.type);
    return [state, fault?.code, types];
  }

  for (const code of ['catalog.claim-missing', 'catalog.dataset-missing'])
    it(`fails and discards its datablocks, once, when no retry can use them: ${code}`, async () => {
      const jobId = await task('registering');
      await refuse(jobId, code);
      await refuse(jobId, code);
      assert.deepEqual(await seen(jobId), ['failed', code, ['archival.discard-datablock.v1']]);
    });

  it('fails and keeps its datablocks for a retry when only its file list changed', async () => {
    const jobId = await task('registering');
    await refuse(jobId, 'catalog.file-list-differs');
    assert.deepEqual(await seen(jobId), ['failed', 'catalog.file-list-differs', []]);
  });

  it('keeps what was registered before: a refusal that comes late discards nothing', async () => {
    const jobId = await task('succeeded');
    await refuse(jobId, 'catalog.claim-missing');
    assert.deepEqual(await seen(jobId), ['succeeded', undefined, []]);
  });
});
