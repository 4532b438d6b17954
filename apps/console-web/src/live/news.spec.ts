import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { News } from './news.js';

describe('News', () => {
  it('after a stream that broke has everything fetched anew, once: what was missed nobody tells', () => {
    const client = new QueryClient();
    let asked = 0;
    client.invalidateQueries = () => {
      asked += 1;
      return Promise.resolve();
    };
    const news = new News(client);
    news.take({ kind: 'open' });
    assert.equal(asked, 0, 'a page that begins has just fetched');
    news.take({ kind: 'closed' });
    news.take({ kind: 'open' });
    assert.equal(asked, 1);
    news.take({ kind: 'open' });
    assert.equal(asked, 1);
  });

  it('of apps, however many, are one question for all that is shown, and none for lists that are read far back', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
    const asked: string[] = [];
    const shown = ['operations/shares', 'operations/copies', 'job/x/why', 'job/x/overview', 'jobs/rows'];
    const observers = shown.map((name) => {
      client.setQueryData(name.split('/'), name.endsWith('copies') ? { pages: [1, 2] } : {});
      return new QueryObserver(client, {
        ...{ queryKey: name.split('/'), queryFn: () => asked.push(name) },
      }).subscribe(() => undefined);
    });
    const news = new News(client);
    for (let hint = 0; hint < 50; hint += 1) {
      news.take({ kind: 'operations', topic: 'archival' });
      mock.timers.tick(100);
    }
    await Promise.resolve();
    assert.deepEqual(asked, ['operations/shares', 'job/x/why']);
    assert.equal(client.getQueryState(['operations', 'copies'])?.isInvalidated, true, 'but it is old');
    observers.forEach((stop) => stop());
    mock.timers.reset();
  });
});
