import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { memoryCollection } from '#persistence/testing';
import { PublicationLists } from './publication-lists.js';
import type { PublisherStore } from './publisher-store.js';
import type { Publication, Recall } from './records.js';

const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 12, minute));

describe('Publications that are not at rest', () => {
  let lists: PublicationLists;
  const publications = memoryCollection<Publication>();
  const recalls = memoryCollection<Recall>();

  beforeEach(async () => {
    lists = new PublicationLists({ publications, recalls } as unknown as PublisherStore);
    await publications.deleteMany({});
    const put = (_id: string, more: object): Promise<unknown> =>
      publications.insertOne({ _id, outbox: { rows: [] }, ...more } as unknown as Publication);
    for (let n = 0; n < 5; n += 1) {
      // Several of one moment: a page must not lose or repeat one.
      await put(`blocked/${n}`, {
        blocked: { code: n < 2 ? 'a' : 'b', at: at(n < 3 ? 0 : n) },
        dueAt: at(0),
      });
      await put(`due/${n}`, { dueAt: at(n < 3 ? 0 : n), lastFault: { code: n === 4 ? 'a' : 'c' } });
    }
    await put('rest/0', {});
  });

  async function all(filter: Parameters<PublicationLists['unrest']>[0], limit: number): Promise<string[]> {
    const seen: string[] = [];
    for (let after: string | undefined, pages = 0; pages < 20; pages += 1) {
      const { items, next } = await lists.unrest(filter, after, limit);
      assert.ok(items.length <= limit);
      seen.push(...items.map(({ _id }) => _id));
      if ((after = next) === undefined) return seen;
    }
    return assert.fail('it never ends');
  }

  it('are listed blocked first, then by how long they wait, each once, whatever a page takes', async () => {
    const expected = ['blocked', 'due'].flatMap((kind) => [0, 1, 2, 3, 4].map((n) => `${kind}/${n}`));
    for (const limit of [1, 2, 3, 5, 7, 10, 200])
      assert.deepEqual(await all({}, limit), expected, String(limit));
  });

  it('are found by whether they are blocked, and by why', async () => {
    assert.deepEqual((await all({ blocked: true }, 2)).length, 5);
    assert.deepEqual((await all({ blocked: false }, 2)).length, 5);
    assert.deepEqual(await all({ code: 'a' }, 2), ['blocked/0', 'blocked/1', 'due/4']);
    await assert.rejects(lists.unrest({}, 'x', 2), { code: 'operations.not-possible' });
    await assert.rejects(lists.unrest({}, 'due.x', 2), { code: 'operations.not-possible' });
  });

  it('leave readers’ recalls to a list of their own, newest first', async () => {
    for (let n = 0; n < 3; n += 1)
      await recalls.insertOne({
        _id: `r${n}`,
        doi: 'd',
        state: n === 1 ? 'ready' : 'recalling',
        requestedAt: at(0),
      } as Recall);
    const first = await lists.recalls({}, undefined, 2);
    assert.deepEqual(
      first.items.map(({ _id }) => _id),
      ['r2', 'r1'],
    );
    const rest = await lists.recalls({}, first.next, 2);
    assert.deepEqual(
      rest.items.map(({ _id }) => _id),
      ['r0'],
    );
    assert.equal((await lists.recalls({ state: 'ready' }, undefined, 9)).items.length, 1);
  });
});
