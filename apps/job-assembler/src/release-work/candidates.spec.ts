import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { Slots } from '../domain/slots.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { routesOf, rulesOf, targetOf } from '../testing/release-rules.js';
import { orderOf } from '../testing/samples.js';
import { Candidates } from './candidates.js';

describe('The work that a decision is about', () => {
  let assembler: Assembler;
  beforeEach(() => (assembler = memoryAssembler(new ManualClock())));

  const one = { limits: { write: 1, read: 1 } };
  const slots = (): Slots =>
    new Slots(
      rulesOf({ routes: routesOf(targetOf('tape', one), targetOf('disk', one), targetOf('bucket')) }),
    );
  const idsOf = async (candidates: Candidates, of = slots()): Promise<string[]> =>
    (await candidates.find(of)).found.map(({ id }) => id).sort();

  it('is the oldest of every group in every lane with room, as many as there is room for', async () => {
    await assembler.store.orders.insertMany([
      ...[0, 1].map((n) => orderOf(`a/0/${n}`, { group: 'a', target: 'write:r@tape' })),
      ...[0, 1].map((n) => orderOf(`b/0/${n}`, { group: 'b', target: 'write:r@bucket' })),
      orderOf('c/0/0', { group: 'c', target: 'write:r@gone' }),
    ]);
    assert.deepEqual(await idsOf(new Candidates(assembler.orders)), ['a/0/0', 'b/0/0', 'b/0/1']);
  });

  it('is bounded, and every group has its turn as soon as all others had theirs', async () => {
    const groups = Array.from({ length: 10 }, (_, n) => `g${n}`);
    await assembler.store.orders.insertMany(
      groups.map((group) => orderOf(`${group}/0/0`, { group, target: 'write:r@tape' })),
    );
    const candidates = new Candidates(assembler.orders, 4);
    const looks = [];
    for (let look = 0; look < 5; look += 1) looks.push(await idsOf(candidates));
    assert.deepEqual(
      looks.map(({ length }) => length),
      [4, 4, 4, 4, 4],
    );
    assert.equal(new Set(looks.slice(0, 3).flat()).size, 10);
    assert.equal(new Set(looks.slice(2, 5).flat()).size, 10);
  });

  it('has some of each lane in every look', async () => {
    await assembler.store.orders.insertMany(
      ['tape', 'disk', 'bucket'].flatMap((target) =>
        [0, 1, 2, 3, 4].map((n) =>
          orderOf(`${target}/0/${n}`, { group: `g${n}`, target: `write:r@${target}` }),
        ),
      ),
    );
    const { found, isAll } = await new Candidates(assembler.orders, 4).find(slots());
    assert.deepEqual([new Set(found.map(({ target }) => target)).size, isAll], [3, false]);
  });

  it('has work for storage that others operate while our own slots are full, or none are given to anything', async () => {
    const outside = targetOf('cloud', { kind: 'outside', limits: { write: 1, read: 1 } });
    const routes = routesOf(targetOf('tape', one), targetOf('disk', one), outside);
    await assembler.store.orders.insertMany([
      orderOf('a/0/0', { group: 'a', target: 'write:r@cloud' }),
      orderOf('b/0/0', { group: 'b', target: 'write:r@tape' }),
      orderOf('c/0/0', { group: 'c', target: 'write:r@tape+disk' }),
    ]);
    const limited = (global: number) =>
      new Slots(rulesOf({ routes, limits: { global, perGroup: 9, perTarget: 9 } }));
    const full = limited(1);
    full.take({ group: 'd', target: 'write:r@disk' }, ['disk']);
    for (const of of [limited(0), full])
      assert.deepEqual(await idsOf(new Candidates(assembler.orders), of), ['a/0/0']);
    full.take({ group: 'd', target: 'write:r@cloud' }, ['cloud']);
    assert.deepEqual(await idsOf(new Candidates(assembler.orders), full), []);
  });

  it('has in every look what slots are kept for', async () => {
    const full = slots();
    full.take({ group: 'x', target: 'write:r@tape' }, ['tape']);
    await assembler.store.orders.insertMany([
      orderOf('w/0/0', { group: 'w', target: 'write:both@tape+disk' }),
      ...Array.from({ length: 10 }, (_, n) =>
        orderOf(`g${n}/0/0`, { group: `g${n}`, target: 'write:r@disk' }),
      ),
    ]);
    const candidates = new Candidates(assembler.orders, 4);
    for (let look = 0; look < 4; look += 1) {
      const found = await idsOf(candidates, full);
      assert.deepEqual([found.length, found.includes('w/0/0')], [4, true]);
    }
  });
});
