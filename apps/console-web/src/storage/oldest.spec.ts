import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { QueryClient } from '@tanstack/react-query';
import { copiesFilterOf, storageSearchFrom } from './storage-search.js';
import { cutsOf, maxOldest, oldestOn } from './oldest.js';

const now = new Date('2026-11-29T12:00:00Z');

interface Copy {
  readonly archiveId: string;
  readonly verifiedAt: string;
}

/** An archiver with these copies, which lists them by name, so many on a page. */
async function oldestOf(
  copies: readonly Copy[],
  oldest: Date | undefined,
  size = 2,
): Promise<{ readonly ids: readonly string[]; readonly asked: readonly URLSearchParams[] }> {
  const asked: URLSearchParams[] = [];
  const calls = mock.method(globalThis, 'fetch', (url: string) => {
    const query = new URLSearchParams(url.split('?')[1]);
    asked.push(query);
    const fitting = copies.filter(
      ({ verifiedAt, archiveId }) =>
        verifiedAt < (query.get('verifiedBefore') ?? '') && archiveId > (query.get('after') ?? ''),
    );
    const items = fitting.slice(0, size);
    return Promise.resolve(
      Response.json({ items, ...(fitting.length > size ? { next: items.at(-1)?.archiveId } : {}) }),
    );
  });
  try {
    const client = new QueryClient();
    const found = await oldestOn(client, { app: 'a', share: 'lts', oldest }, now);
    client.clear();
    return { ids: found.map(({ archiveId }) => archiveId), asked };
  } finally {
    calls.mock.restore();
  }
}

const copy = (archiveId: string, day: string): Copy => ({ archiveId, verifiedAt: `${day}T00:00:00.000Z` });

describe('The oldest copies', () => {
  it('are those proven longest ago, whatever the order of the list, each datablock once', async () => {
    const copies = [copy('a', '2026-11-01'), copy('b', '2024-02-01'), copy('c', '2026-03-01')];
    const { ids } = await oldestOf([...copies, copy('c', '2026-03-01')], undefined);
    assert.deepEqual(ids, ['b', 'c', 'a']);
  });

  it('are looked for from the oldest one on, and only good copies of the share', async () => {
    const many = Array.from({ length: 9 }, (_, index) => copy(`m${index}`, '2026-11-28'));
    const oldest = new Date('2026-01-01T00:00:00Z');
    const { ids, asked } = await oldestOf([copy('z', '2026-01-01'), ...many], oldest);
    assert.equal(ids[0], 'z');
    assert.equal(asked[0]?.get('verifiedBefore'), '2026-01-01T00:00:00.001Z');
    assert.deepEqual([asked[0]?.get('share'), asked[0]?.get('state')], ['lts', 'verified']);
  });

  it('are some only, and the look ends when there are enough', async () => {
    const early = Array.from({ length: 60 }, (_, index) =>
      copy(`e${String(index).padStart(3, '0')}`, '2023-01-01'),
    );
    const { ids, asked } = await oldestOf(early, undefined);
    assert.ok(ids.length <= maxOldest);
    assert.ok(asked.length < 60);
  });

  it('are the very oldest, though more than one look can hold are older than a month', async () => {
    const many = Array.from({ length: 3000 }, (_, index) => ({
      archiveId: `m${String(index).padStart(4, '0')}`,
      verifiedAt: new Date(Date.parse('2025-01-01T00:00:00Z') - index * 3_600_000).toISOString(),
    }));
    const expected = many.slice(-maxOldest).reverse();
    for (const oldest of [undefined, new Date(expected[0]!.verifiedAt)]) {
      const { ids, asked } = await oldestOf(many, oldest, 200);
      assert.deepEqual(
        ids,
        expected.map(({ archiveId }) => archiveId),
      );
      assert.ok(asked.length < 60, String(asked.length));
    }
  });

  it('are found where most were proven at one moment, and what an earlier look found stays', async () => {
    const many = Array.from({ length: 1500 }, (_, index) =>
      copy(`m${String(index).padStart(4, '0')}`, '2025-06-01'),
    );
    const late = [copy('x1', '2025-01-01'), copy('x2', '2025-01-01'), copy('x3', '2025-05-31')];
    const { ids } = await oldestOf([...many, ...late], new Date('2025-01-01T00:00:00Z'), 200);
    assert.deepEqual([ids.slice(0, 3), ids.length], [['x1', 'x2', 'x3'], maxOldest]);
  });

  it('are none where there is none', async () => {
    assert.deepEqual((await oldestOf([], undefined)).ids, []);
  });

  it('are looked for up to now at last', () => {
    assert.deepEqual(cutsOf(undefined, now).at(-1), now);
    assert.deepEqual(cutsOf(now, now), [now]);
  });
});

describe('The address of storage', () => {
  it('has filters of copies, and nothing that is none', () => {
    const good = { share: 'lts', state: 'damaged', before: '2026-01-31' };
    assert.deepEqual(storageSearchFrom({ ...good, odd: 1 }), good);
    assert.deepEqual(storageSearchFrom({ share: '', state: 'lost', before: 'never' }), {});
    assert.deepEqual(storageSearchFrom({ share: 7, before: '2026-13-77' }), {});
  });

  it('becomes the filter of the list', () => {
    assert.deepEqual(copiesFilterOf({}), {});
    assert.deepEqual(copiesFilterOf({ share: 'lts', state: 'missing' }), { share: 'lts', state: 'missing' });
  });
});
