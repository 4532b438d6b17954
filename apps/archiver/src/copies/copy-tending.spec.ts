import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { NeededTargets } from '../persistence/operators/needed-targets.js';
import { TargetNames } from '../domain/target-names.js';
import type { RepairDatablockV1 } from '#contracts';
import { TendedCopies } from '../testing/tended-copies.js';
import { CopiesList, type CopyRow } from './copies-list.js';
import { CopyTending, operatorsJob } from '../persistence/operators/copy-tending.js';

const word = { by: 'olga', reason: 'it looks odd', entry: 'e1' };
const torn = Buffer.from('torn');

describe('Copies in the hands of operators', () => {
  let scene: TendedCopies;
  let tending: CopyTending;
  let list: CopiesList;

  beforeEach(async () => {
    scene = new TendedCopies();
    await scene.archived();
    const needed = new NeededTargets(scene.datablocks, scene.orders, scene.clock);
    tending = new CopyTending(scene.store, scene.datablocks, needed, scene.clock);
    list = new CopiesList(scene.store, new TargetNames());
  });

  const later = (milliseconds: number): Date => new Date(scene.clock.now().getTime() + milliseconds);
  const stored = async (_id: string) => (await scene.store.works.findOne({ _id }))!;
  /** As the runner does it. */
  async function worked(): Promise<string> {
    const order = (await scene.orders.takeDue(scene.clock.now(), later(60_000)))!;
    const { kind, data } = order.command;
    const context = { ...scene.context, epoch: order.epoch };
    let state: 'done' | 'failed' = 'done';
    try {
      if (kind === 'verify') await scene.verify.handle(data, context);
      else await scene.repair.handle(data as RepairDatablockV1, context);
    } catch {
      state = 'failed';
    }
    assert.ok(await scene.orders.end(order, state, [], { at: scene.clock.now() }));
    return state;
  }
  async function tear(name: string): Promise<void> {
    await scene.share(name).remove(scene._id);
    await scene.share(name).put(scene._id, torn);
  }
  const rows = async (query: object = {}): Promise<readonly CopyRow[]> =>
    (await list.page({ limit: 50, ...query })).items;
  const states = async () => (await rows()).map(({ share, state }) => `${share} ${state}`);

  it('are read, found damaged, mended from a good one, and good again: each as work of its own', async () => {
    await tear('one');
    assert.equal(await tending.verify(scene._id, word), `${operatorsJob}/${scene._id}`);
    assert.equal(await worked(), 'failed');
    const [one, two] = await rows();
    assert.deepEqual([one?.state, two?.state], ['damaged', 'verified']);
    assert.match(one?.finding ?? '', /expected SHA-256/);
    scene.clock.advance(1000);
    const id = await tending.repair(scene._id, 'one', { ...word, entry: 'e2' });
    assert.deepEqual(await states(), ['one repairing', 'two verified']);
    assert.equal(await worked(), 'done');
    assert.deepEqual(
      [await states(), await scene.good()],
      [
        ['one verified', 'two verified'],
        ['one', 'two'],
      ],
    );
    assert.equal((await scene.asideRecords()).length, 1, 'what was damaged is set aside');
    const { epoch, asked } = await stored(id);
    assert.deepEqual([epoch, asked?.map(({ entry }) => entry)], [4, ['e1', 'e2']]);
    for (const entry of ['e1', 'e2']) assert.equal(await tending.begunUnder(scene._id, entry), id);
    assert.equal(await tending.begunUnder(scene._id, 'e3'), undefined);
  });

  it('are not mended where no other copy is good: nothing is touched, before or after all were read', async () => {
    for (const name of ['one', 'two']) await tear(name);
    await tending.repair(scene._id, 'one', word);
    assert.equal(await worked(), 'failed');
    assert.deepEqual(await states(), ['one damaged', 'two damaged']);
    await assert.rejects(tending.repair(scene._id, 'one', word), { code: 'archiver.no-good-copy' });
    assert.deepEqual([await scene.good(), await scene.asideRecords()], [[], []]);
  });

  it('are tended for one operator at a time: the other one is told who, whoever comes in between', async () => {
    const results = await Promise.allSettled([
      tending.verify(scene._id, word),
      tending.repair(scene._id, 'two', { by: 'anna', reason: 'me too', entry: 'e2' }),
    ]);
    const refused = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as Error] : [],
    );
    assert.equal(refused.length, 1);
    assert.equal((refused[0] as { code?: string }).code, 'operations.changed-meanwhile');
    const { asked } = await stored(`${operatorsJob}/${scene._id}`);
    assert.equal(asked?.length, 1);
    assert.match(refused[0]!.message, new RegExp(`that ${asked?.[0]?.by} at 2026`));
  });

  it('are not ended by a worker of before, when they are asked about anew and nobody has them yet', async () => {
    const id = await tending.verify(scene._id, word);
    const old = (await scene.orders.takeDue(scene.clock.now(), later(10)))!;
    await scene.orders.end(old, 'failed', [], { at: scene.clock.now() });
    await tending.verify(scene._id, { ...word, entry: 'e2' });
    assert.equal(await scene.orders.end(old, 'done', [], { at: scene.clock.now() }), false);
    assert.equal((await stored(id)).state, 'open');
  });

  it('that are not there are named', async () => {
    await assert.rejects(tending.verify('unknown', word), { code: 'operations.not-there' });
    await assert.rejects(tending.repair(scene._id, 'three', word), { code: 'operations.not-there' });
  });

  it('are listed by dataset, share, state and age, page by page', async () => {
    await scene.store.datablocks.insertMany(
      Array.from({ length: 30 }, (_, number) => ({
        ...scene.recordOf(`pid/x/${String(number).padStart(2, '0')}.tar`, ['one', 'two']),
        pid: number < 10 ? 'few' : 'many',
      })),
    );
    const all = async (query: object): Promise<string[]> => {
      const found: string[] = [];
      for (let after: string | undefined; ;) {
        const page = await list.page({ limit: 7, ...query, ...(after === undefined ? {} : { after }) });
        found.push(...page.items.map(({ archiveId, share }) => `${archiveId} ${share}`));
        if (page.next === undefined) return found;
        after = page.next;
      }
    };
    const everything = await all({});
    assert.deepEqual([everything.length, new Set(everything).size], [62, 62]);
    assert.equal((await all({ pid: 'few' })).length, 20);
    assert.equal((await all({ share: 'two' })).length, 31);
    assert.deepEqual(
      new Set(await all({ verifiedBefore: later(-1000) })),
      new Set([`${scene._id} one`, `${scene._id} two`]),
    );
    await scene.datablocks.copyDamaged(
      'pid/x/20.tar',
      { share: 'one', verifiedAt: scene.clock.now() },
      later(1),
      'it is missing',
    );
    assert.deepEqual(await all({ state: 'missing' }), ['pid/x/20.tar one']);
    assert.deepEqual(await all({ state: 'damaged' }), []);
    assert.equal((await all({ state: 'verified' })).length, 61);
    await assert.rejects(list.page({ limit: 1, state: 'odd' }), { code: 'operations.not-possible' });
  });
});
