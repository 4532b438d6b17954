import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { ObjectStore } from '#storage';
import type { ArchiverConfig } from '../archiver.config.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { RetrievedCopies } from '../persistence/retrieved-copies.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { RetrievedList } from '../persistence/operators/retrieved-list.js';

const hour = 3_600_000;
const day = 24 * hour;

describe('A retrieved copy in the hands of operators', () => {
  let clock: ManualClock;
  let store: ArchiverStore;
  let copies: RetrievedCopies;
  let list: RetrievedList;
  let signed: number;

  beforeEach(async () => {
    clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
    store = memoryArchiverStore();
    copies = new RetrievedCopies(store);
    const config = { retrievalBucket: 'retrieval', retrievedLifetimeMost: 28 * day } as ArchiverConfig;
    const objects = {
      presignedGet: (_: string, _id: string, seconds: number, { fileName }: { fileName: string }) => {
        signed = seconds * 1000;
        return Promise.resolve(fileName);
      },
    } as unknown as ObjectStore;
    list = new RetrievedList(store, copies, objects, clock, config);
    for (const id of ['p/j/0.tar', 'p/j/1.tar', 'q/j/0.tar']) {
      await store.datablocks.insertOne({ _id: id, pid: id.slice(0, 1) } as never);
      await arrived(id, id);
    }
  });

  const later = (milliseconds: number): Date => new Date(clock.now().getTime() + milliseconds);
  async function arrived(name: string, archiveId: string): Promise<void> {
    const recall = { name, archiveId, bytes: 1, job: 'j', group: 'g', order: 'j/0/0', epoch: 1 };
    assert.ok(await copies.take(recall, clock.now(), later(hour)));
    assert.ok(await copies.arrived(recall, { bytes: 1, sha256: 'x' }, clock.now(), later(hour)));
  }

  it('is found by its dataset, page by page, its parts too', async () => {
    await arrived(`p/j/0.tar.parts/${'0'.repeat(64)}.tar`, 'p/j/0.tar');
    const ids = async (pid?: string, limit = 50): Promise<string[]> =>
      (await list.page(pid, undefined, limit)).items.map(({ id }) => id.slice(0, 14));
    assert.deepEqual(await ids('p'), ['p/j/0.tar', 'p/j/0.tar.part', 'p/j/1.tar']);
    assert.equal((await ids()).length, 4);
    const { items, next } = await list.page(undefined, undefined, 3);
    assert.equal(items[0]?.pid, 'p');
    assert.deepEqual(
      (await list.page(undefined, next, 3)).items.map(({ id }) => id),
      ['q/j/0.tar'],
    );
  });

  it('stays until then, whatever its job does, and is found by the entry; not for longer than anything may', async () => {
    await list.extend('p/j/0.tar', later(2 * day), 'e1');
    assert.deepEqual(await list.keptUnder('p/j/0.tar', 'e1'), later(2 * day));
    await copies.unpin('p/j/0.tar', 'j', clock.now());
    const { expiresAt, jobs } = (await list.page('p', undefined, 1)).items[0]!;
    assert.deepEqual([expiresAt, jobs], [later(2 * day).toISOString(), ['operations']]);
    await assert.rejects(list.extend('p/j/0.tar', later(29 * day), 'e2'), {
      code: 'operations.not-possible',
    });
    await assert.rejects(list.extend('p/j/0.tar', later(day), 'e2'), {
      code: 'operations.changed-meanwhile',
    });
    await assert.rejects(list.extend('unknown', later(day), 'e2'), { code: 'operations.not-there' });
    assert.equal(await list.keptUnder('p/j/0.tar', 'e2'), undefined);
  });

  it('stays for operators too where a job has it kept for longer: it may let go', async () => {
    await copies.pin('p/j/0.tar', { job: 'j', group: 'g' }, clock.now(), later(20 * day));
    await list.extend('p/j/0.tar', later(10 * day), 'e1');
    assert.deepEqual((await store.retrieved.findOne({ _id: 'p/j/0.tar' }))?.expiresAt, later(20 * day));
    await copies.unpin('p/j/0.tar', 'j', clock.now());
    assert.deepEqual((await store.retrieved.findOne({ _id: 'p/j/0.tar' }))?.expiresAt, later(10 * day));
  });

  it('that was removed, or kept for longer by another, between look and write is neither brought back nor cut short', async () => {
    const pin = copies.pin.bind(copies);
    copies.pin = async (...given) => {
      copies.pin = pin;
      await list.extend('p/j/0.tar', later(9 * day), 'of anna');
      return pin(...given);
    };
    await list.extend('p/j/0.tar', later(2 * day), 'of olga');
    assert.deepEqual((await store.retrieved.findOne({ _id: 'p/j/0.tar' }))?.expiresAt, later(9 * day));
    copies.pin = async (...given) => {
      await store.retrieved.deleteOne({ _id: 'p/j/1.tar' });
      return pin(...given);
    };
    await assert.rejects(list.extend('p/j/1.tar', later(2 * day), 'e'), { code: 'operations.not-there' });
    assert.equal(await store.retrieved.findOne({ _id: 'p/j/1.tar' }), null);
  });

  it('has a link for as long as it stays, and for a week at most', async () => {
    const { url, expiresAt } = await list.link('p/j/0.tar');
    assert.deepEqual([url, signed, expiresAt], ['j_0.tar', hour, later(hour).toISOString()]);
    await list.extend('p/j/0.tar', later(20 * day), 'e');
    await list.link('p/j/0.tar');
    assert.equal(signed, 7 * day);
    clock.advance(hour);
    await assert.rejects(list.link('p/j/1.tar'), { code: 'operations.not-there' });
  });
});
