import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { discardDatablockV1 } from '#contracts';
import { ManualClock } from '#kernel';
import { eventRow } from '#outbox';
import type { DatablockPlaces } from '../aggregates/datablock-places.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { archived, orderOf } from '../testing/samples.js';
import { PlacedDatablocks } from './placed-datablocks.js';

describe('Where the copies of a datablock lie', () => {
  const clock = new ManualClock();
  let assembler: Assembler;
  beforeEach(async () => {
    assembler = memoryAssembler(clock);
    const result = { ...archived, targets: ['tape-a', 'disk'] };
    await assembler.store.orders.insertOne(orderOf('j/0/0', { pid: 'p', state: 'done', result }));
  });
  const placed = (places: DatablockPlaces = assembler.places) =>
    new PlacedDatablocks(assembler.orders, places);
  const places = (): Promise<readonly string[]> => assembler.places.of('j/0/0.tar', 'p');

  /** job-assembler asks the archiver to take it away. */
  async function discard(): Promise<void> {
    const order = (await assembler.orders.archived('j/0/0'))!;
    const names = { workOrderId: 'j/0/0/discard', jobId: 'j', pid: 'p', archiveId: order.archiveId };
    assert.ok(
      await assembler.orders.discard(order, eventRow(discardDatablockV1, names, clock.now()), clock.now()),
    );
  }

  it('is kept with the result, however often that comes, and goes with the datablock', async () => {
    await placed().archived('j/0/0');
    await placed().archived('j/0/0');
    assert.deepEqual(await places(), ['tape-a', 'disk']);
    await discard();
    assert.deepEqual(await places(), ['tape-a', 'disk'], 'until the archiver has done it');
    await placed().discarded('j/0/0.tar');
    assert.deepEqual(await places(), []);
    await placed().archived('j/0/0');
    assert.deepEqual(await places(), [], 'a result that comes late');
  });

  it('does not stay when the datablock is taken away between the look and the write', async () => {
    const late = Object.create(assembler.places, {
      keep: {
        value: async (...named: Parameters<DatablockPlaces['keep']>) => {
          await discard();
          await placed().discarded('j/0/0.tar');
          await assembler.places.keep(...named);
        },
      },
    }) as DatablockPlaces;
    await placed(late).archived('j/0/0');
    assert.deepEqual(await places(), []);
  });

  it('goes with a datablock that is taken away after its job was forgotten', async () => {
    await placed().archived('j/0/0');
    await assembler.orders.forget('j');
    await placed().discarded(undefined);
    assert.deepEqual(await places(), ['tape-a', 'disk'], "it is another job's, and stays");
    await placed().discarded('j/0/0.tar');
    assert.deepEqual(await places(), []);
  });

  it('is where a copy was moved to, in the order of the moves and not of the words about them', async () => {
    await placed().archived('j/0/0');
    const moved = (_id: string, targets: string[], placement: number) =>
      orderOf(_id, {
        ...{ pid: 'p', kind: 'migrate', state: 'done', archiveId: 'j/0/0.tar' },
        result: { kind: 'copies', packedSize: 12, targets, placement },
      });
    await assembler.store.orders.insertMany([
      moved('k/0/0', ['vault', 'disk'], 2),
      moved('l/0/0', ['vault', 'attic'], 4),
    ]);
    await placed().changed('l/0/0');
    await placed().changed('k/0/0');
    await placed().archived('j/0/0');
    assert.deepEqual(await places(), ['vault', 'attic']);
    await discard();
    await placed().discarded('j/0/0.tar');
    await placed().changed('l/0/0');
    assert.deepEqual(await places(), [], 'a word that comes late');
  });

  it('is not known of work that did not end well, and of targets without names', async () => {
    await assembler.store.orders.insertMany([
      orderOf('j/1/0', { state: 'done', result: archived }),
      orderOf('j/2/0', { state: 'failed' }),
    ]);
    for (const id of ['j/1/0', 'j/2/0', 'j/9/9']) {
      await placed().archived(id);
      await placed().discarded(`${id}.tar`);
    }
    assert.equal(await assembler.store.places.countDocuments({}), 0);
  });
});
