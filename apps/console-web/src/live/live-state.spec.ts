import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QueryClient, type InfiniteData, type InvalidateQueryFilters } from '@tanstack/react-query';
import type { ConsoleJobs, ShownJob } from '#console-api';
import { liveAfter, livenessOf, notConnected, wordIn, type LiveWord } from './live-state.js';
import { News, withJob } from './news.js';

const job: ShownJob = {
  ...{ id: '1', type: 'archive', statusCode: 'inProgress', statusMessage: '' },
  datasets: { count: 1 },
};

describe('What is live', () => {
  const after = (...words: readonly LiveWord[]) =>
    words.reduce((state, word, index) => liveAfter(state, word, index * 1000), notConnected);

  it('is not connected before the stream is open, and after it broke', () => {
    assert.deepEqual(livenessOf(notConnected, 0), { kind: 'away' });
    assert.deepEqual(livenessOf(after({ kind: 'open' }), 0), { kind: 'live' });
    assert.deepEqual(livenessOf(after({ kind: 'open' }, { kind: 'closed' }), 0), { kind: 'away' });
  });

  it('is as old as the silence of the catalogue', () => {
    const away: LiveWord = { kind: 'state', upstream: 'away', since: new Date(10_000).toISOString() };
    assert.deepEqual(livenessOf(after({ kind: 'open' }, away), 50_000), { kind: 'old', seconds: 40 });
    const hint = after({ kind: 'open' }, away, { kind: 'operations', topic: 'works' });
    assert.deepEqual(livenessOf(hint, 50_000), { kind: 'old', seconds: 40 });
    const back = after(away, { kind: 'state', upstream: 'live', since: '' });
    assert.deepEqual(livenessOf(back, 50_000), { kind: 'live' });
    assert.deepEqual(livenessOf(after(away, { kind: 'job', job }), 50_000), { kind: 'live' });
  });

  it('says whether the broker tells the console of work, as the last hint did', () => {
    const hint = (topic: string): LiveWord => ({ kind: 'operations', topic });
    assert.deepEqual(
      [after({ kind: 'open' }), after(hint('archival')), after(hint('all'), hint('polled'))].map(
        ({ isTold }) => isTold,
      ),
      [undefined, true, false],
    );
  });

  it('is read from events, and what cannot be read is left out', () => {
    assert.deepEqual(wordIn('job', JSON.stringify(job)), { kind: 'job', job });
    assert.deepEqual(wordIn('reset', ''), { kind: 'reset' });
    assert.deepEqual(wordIn('operations', '{"topic":"works"}'), { kind: 'operations', topic: 'works' });
    for (const [kind, data] of [
      ['job', '{'],
      ['job', 'null'],
      ['state', '{"upstream":"sideways"}'],
      ['operations', '{}'],
      ['brand-new', '{}'],
    ] as const)
      assert.equal(wordIn(kind, data), undefined, `${kind} ${data}`);
  });
});

describe('News', () => {
  const why = { all: [], missing: [], known: true, at: '' };
  const data: InfiniteData<ConsoleJobs> = {
    pages: [
      { items: [{ ...job, why }], partial: false },
      { items: [{ ...job, id: '2' }], partial: false },
    ],
    pageParams: [undefined, 'x'],
  };

  it('change the row of a job, and no other', () => {
    const changed = withJob(data, { ...job, statusMessage: 'new' });
    assert.equal(changed.pages[0]?.items[0]?.statusMessage, 'new');
    assert.deepEqual(changed.pages[0]?.items[0]?.why, why);
    assert.equal(changed.pages[1]?.items[0]?.statusMessage, '');
    assert.equal(withJob(data, { ...job, id: '9' }), data);
  });

  it('take away why a job waits once it is over', () => {
    const changed = withJob(data, { ...job, statusCode: 'finishedSuccessful' });
    assert.equal(changed.pages[0]?.items[0]?.why, undefined);
  });

  it('ask once for many hints, and for everything after a reset', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const client = new QueryClient();
    const asked: unknown[] = [];
    client.setQueryData(['job', '7', 'why'], {});
    client.setQueryData(['job', '7', 'history'], []);
    context.mock.method(client, 'invalidateQueries', (filters: InvalidateQueryFilters = {}) => {
      const { queryKey, predicate } = filters;
      const fitting = client.getQueryCache().findAll({ ...(predicate === undefined ? {} : { predicate }) });
      asked.push(queryKey ?? fitting.map(({ queryKey: key }) => key));
      return Promise.resolve();
    });
    const news = new News(client);
    for (let index = 0; index < 50; index += 1) news.take({ kind: 'job', job });
    news.take({ kind: 'operations', topic: 'works' });
    assert.equal(asked.length, 0);
    context.mock.timers.tick(2000);
    assert.equal(JSON.stringify(asked), '[["job","1"],["jobs"]]');
    context.mock.timers.tick(3000);
    assert.equal(JSON.stringify(asked.slice(2)), '[[["job","7","why"]],[]]');
    news.take({ kind: 'reset' });
    const last = asked.at(-1);
    assert.ok(Array.isArray(last) && last.length === 2, 'everything');
    news.take({ kind: 'closed' });
    context.mock.timers.tick(2000);
    assert.deepEqual(asked.at(-1), ['session']);
    await Promise.resolve();
    client.clear();
  });
});
