import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { Catalogue } from '../persistence/catalogue.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { KeysOwed } from './keys-owed.js';
import { KeysOwedSweep } from './keys-owed-sweep.js';
import { MetadataKeys } from './metadata-keys.service.js';

const logger = createLogger('keys-owed', 'silent');
const minutes = (count: number): number => count * 60_000;

describe('Keys of new datasets', () => {
  let clock: ManualClock;
  let catalogue: Catalogue;
  beforeEach(() => {
    clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
    catalogue = memoryCatalogue();
  });

  /** A process of its own, on one database. */
  const processOf = (of = catalogue) => {
    const owed = new KeysOwed(of, clock);
    const keys = new MetadataKeys(of, clock, owed, logger);
    return { owed, keys, sweep: new KeysOwedSweep(owed, keys, of, logger) };
  };
  const dataset = async (_id: string, scientificMetadata: object = { energy: 1 }) => {
    const now = clock.now();
    const record = { _id, ownerGroup: 'g', scientificMetadata, createdAt: now, updatedAt: now };
    await catalogue.records('Dataset').insertOne(record);
    return record;
  };
  const keysOf = async (sourceId: string): Promise<string[]> => {
    const rows = await catalogue.records('MetadataKeys').find({ sourceId }).toArray();
    return rows.map(({ key }) => String(key)).sort();
  };
  const notes = (): Promise<number> => catalogue.keysOwed.countDocuments({});
  /** A database in which one collection does as it is told. */
  const withCollection = (name: 'keysOwed', calls: object): Catalogue =>
    new Proxy(catalogue, {
      get: (target, property) =>
        property === name ? calls : (Reflect.get(target, property, target) as unknown),
    });

  it('are there for who reads them right after the answer, which does not wait for them', async () => {
    const { keys, owed } = processOf();
    await keys.announceNew();
    await keys.syncNew(await dataset('a'));
    assert.deepEqual(await keysOf('a'), []);
    await owed.settled();
    assert.deepEqual(await keysOf('a'), ['energy']);
  });

  it('are owed as long as there are any, which is said in the database before the dataset is stored', async () => {
    const { keys, owed, sweep } = processOf();
    await keys.announceNew();
    assert.equal(await notes(), 1);
    await keys.syncNew(await dataset('a'));
    await owed.settled();
    await sweep.round();
    assert.equal(await notes(), 1, 'another may be on its way');
    clock.advance(20_000);
    await sweep.round();
    assert.equal(await notes(), 0);
  });

  it('are written by another process when theirs is gone, and what is owed no more is forgotten', async () => {
    const dead = processOf();
    await dataset('before');
    clock.advance(minutes(10));
    await dead.keys.announceNew();
    await dataset('a');
    await dataset('gone', {});
    const living = processOf();
    clock.advance(minutes(4));
    await living.sweep.round();
    assert.deepEqual(await keysOf('a'), [], 'it may still live');
    clock.advance(minutes(2));
    await living.sweep.round();
    assert.deepEqual(await keysOf('a'), ['energy']);
    assert.deepEqual(await keysOf('before'), []);
    assert.equal(await notes(), 0);
    await living.sweep.round();
    assert.deepEqual(await keysOf('a'), ['energy']);
  });

  it('of a process that was silent for long, and says that it lives while another one makes its debts good, stay owed', async () => {
    const silent = processOf();
    await silent.keys.announceNew();
    await dataset('a');
    clock.advance(minutes(6));
    const living = processOf();
    const [left] = await living.owed.abandoned();
    await silent.keys.announceNew();
    await living.owed.forget(left!);
    assert.equal(await notes(), 1);
  });

  it('are written before the answer where there are many: they would wait in memory', async () => {
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`k${index}`, 1]));
    await processOf().keys.syncNew(await dataset('a', many));
    assert.equal((await keysOf('a')).length, 101);
  });

  it('are written before the answer where nobody can be told that they are owed', async () => {
    const away = { updateOne: () => Promise.reject(new Error('the database is away')) };
    const { keys } = processOf(withCollection('keysOwed', away));
    await keys.syncNew(await dataset('a'));
    assert.deepEqual(await keysOf('a'), ['energy']);
  });

  it('are those of the record that another change has made of it meanwhile, and none of one that was removed', async () => {
    const { keys, owed } = processOf();
    const [changed, removed] = [await dataset('changed'), await dataset('removed')];
    await keys.syncNew(changed);
    await keys.syncNew(removed);
    const later = { scientificMetadata: { wavelength: 1 }, updatedAt: new Date(clock.now().getTime() + 1) };
    await catalogue.records('Dataset').updateOne({ _id: 'changed' }, { $set: later });
    await keys.sync('dataset', { ...changed, ...later });
    await catalogue.records('Dataset').deleteOne({ _id: 'removed' });
    await keys.remove('dataset', 'removed');
    await owed.settled();
    assert.deepEqual([await keysOf('changed'), await keysOf('removed')], [['wavelength'], []]);
  });

  it('are written before a process ends that is told to', async () => {
    const { keys, sweep } = processOf();
    await keys.syncNew(await dataset('a'));
    sweep.onModuleDestroy();
    await sweep.beforeApplicationShutdown();
    assert.deepEqual([await keysOf('a'), await notes()], [['energy'], 0]);
  });

  it('hold up who makes more of them than are written', async () => {
    const { owed } = processOf();
    const waiting: (() => void)[] = [];
    const slow = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
    for (let number = 0; number < 2000; number += 1) await owed.owe(slow);
    let isOver = false;
    const last = owed.owe(slow).then(() => (isOver = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isOver, false);
    for (const go of waiting) go();
    await last;
  });

  it('that are not written in time let the reader go on', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const { owed } = processOf();
    await owed.owe(() => new Promise(() => undefined));
    const read = owed.settled();
    context.mock.timers.tick(2000);
    await read;
  });
});
