import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QueryClient } from '@tanstack/react-query';
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
});
