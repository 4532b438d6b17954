import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query';
import { datasetsQuery, partsQuery } from './queries.js';

/** Lists of some pages each, by the console as it answers: with the place, or from the beginning without one. */
function pageOf(pages: number, after: string | null): { items: object[]; next?: string } {
  const number = Number(after ?? 0);
  return {
    items: [{ id: `${number}`, pid: `${number}` }],
    ...(number + 1 < pages ? { next: `${number + 1}` } : {}),
  };
}

/** Asks with what the test answers, and says what was asked for. */
async function answering(
  answer: (query: URLSearchParams) => object,
  ask: () => Promise<void>,
): Promise<string[]> {
  const asked: string[] = [];
  const fetched = mock.method(globalThis, 'fetch', (url: string) => {
    const [, query = ''] = url.split('?');
    asked.push(query);
    return Promise.resolve(Response.json(answer(new URLSearchParams(query))));
  });
  try {
    await ask();
  } finally {
    fetched.mock.restore();
  }
  return asked;
}

describe('Parts of a job', () => {
  it('are at their end when the longer of both lists is', async () => {
    for (const [orders, works] of [
      [3, 2],
      [7, 10],
      [1, 1],
    ] as const) {
      const client = new QueryClient();
      const observer = new InfiniteQueryObserver(client, { ...partsQuery('1'), enabled: false });
      const asked = await answering(
        (query) => ({
          orders: pageOf(orders, query.get('after')),
          works: pageOf(works, query.get('worksAfter')),
          missing: [],
        }),
        async () => {
          await observer.refetch();
          for (let page = 0; page < 40 && observer.getCurrentResult().hasNextPage; page += 1)
            await observer.fetchNextPage();
        },
      );
      assert.equal(asked.length, Math.max(orders, works), asked.join(' '));
      client.clear();
    }
  });

  it('are asked for from the list alone that goes on', async () => {
    const client = new QueryClient();
    const observer = new InfiniteQueryObserver(client, { ...partsQuery('1'), enabled: false });
    const asked = await answering(
      (query) => ({
        ...(query.get('only') === 'works' ? {} : { orders: pageOf(1, query.get('after')) }),
        ...{ works: pageOf(3, query.get('worksAfter')), missing: [] },
      }),
      async () => {
        await observer.refetch();
        await observer.fetchNextPage();
        await observer.fetchNextPage();
      },
    );
    assert.deepEqual(asked, [
      'limit=50',
      'limit=50&worksAfter=1&only=works',
      'limit=50&worksAfter=2&only=works',
    ]);
    client.clear();
  });
});

describe('Datasets behind the first ones', () => {
  it('are asked for when a person wants them, and follow the news from then on', async () => {
    const client = new QueryClient();
    const observer = new InfiniteQueryObserver(client, datasetsQuery('1', 'x'));
    const end = observer.subscribe(() => undefined);
    const answer = () => ({
      ...{ job: { datasets: { count: 0 } }, retries: [], unsent: [], datasets: { items: [] } },
    });
    const news = () => client.invalidateQueries({ queryKey: ['job', '1'] });
    assert.deepEqual(await answering(answer, news), []);
    const asked = await answering(answer, async () => {
      await observer.refetch();
      await news();
    });
    assert.deepEqual(asked, ['limit=200&after=x', 'limit=200&after=x']);
    end();
    client.clear();
  });
});
