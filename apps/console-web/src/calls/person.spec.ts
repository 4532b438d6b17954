import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { QueryClient } from '@tanstack/react-query';
import type { ConsoleSession } from '#console-api';
import { liveInBrowser } from '../live/live-connection.js';
import { CallFault } from './call.js';
import { followPerson, personOf } from './person.js';
import { sessionQuery } from './queries.js';

const anna: ConsoleSession = {
  ...{
    username: 'anna',
    groups: [],
    permissions: [],
    until: '',
    rightsAt: '',
    stale: false,
    emergency: false,
  },
};

/** A tab in which a person sees something. */
function tab(channel?: EventTarget & { postMessage: (data: unknown) => void }): QueryClient {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: Infinity } } });
  followPerson(client, channel);
  client.setQueryData(sessionQuery.queryKey, anna);
  client.setQueryData(['jobs', 'rows', {}], { pages: [], pageParams: [] });
  client.setQueryData(['settings'], {});
  return client;
}

const keys = (client: QueryClient): unknown[] =>
  client
    .getQueryCache()
    .getAll()
    .map(({ queryKey }) => queryKey[0]);

describe('What a person was shown', () => {
  it('is gone at once when another one is signed in, by account or in an emergency', () => {
    for (const other of [{ username: 'bert' }, { emergency: true }]) {
      const client = tab();
      client.setQueryData(sessionQuery.queryKey, { ...anna, ...other });
      assert.deepEqual(keys(client), ['session', 'settings']);
    }
  });

  it('stays when only the rights or the times of the session change', () => {
    const client = tab();
    client.setQueryData(sessionQuery.queryKey, { ...anna, stale: true, groups: ['p1'] });
    assert.deepEqual(keys(client), ['session', 'jobs', 'settings']);
  });

  it('is gone when nobody is signed in any more', async () => {
    const client = tab();
    const refused = new CallFault(401, { code: 'console.signed-out', message: '' });
    await client
      .fetchQuery({ ...sessionQuery, staleTime: 0, queryFn: () => Promise.reject(refused) })
      .catch(() => undefined);
    assert.deepEqual(keys(client), ['session', 'settings']);
  });

  it('does not come back with an answer that was under way', async () => {
    const client = tab();
    let answer: (rows: string) => void = () => undefined;
    const asked = client
      .fetchQuery({ queryKey: ['audit'], queryFn: () => new Promise<string>((done) => (answer = done)) })
      .catch(() => undefined);
    await turn();
    client.setQueryData(sessionQuery.queryKey, { ...anna, username: 'bert' });
    answer('rows of anna');
    await Promise.race([asked, turn()]);
    assert.equal(client.getQueryData(['audit']), undefined);
  });
});

describe('Tabs', () => {
  it('tell one another who is signed in, and ask again when it is another one', async () => {
    const told: unknown[] = [];
    const channel = Object.assign(new EventTarget(), {
      postMessage: (data: unknown) => void told.push(data),
    });
    const client = tab(channel);
    assert.deepEqual(told, [{ person: 'account/anna' }]);
    const isOld = (): boolean | undefined => client.getQueryState(sessionQuery.queryKey)?.isInvalidated;
    channel.dispatchEvent(new MessageEvent('message', { data: { person: 'account/anna' } }));
    await turn();
    assert.equal(isOld(), false);
    channel.dispatchEvent(new MessageEvent('message', { data: { person: 'account/bert' } }));
    await turn();
    assert.equal(isOld(), true);
  });

  it('of different persons do not share a stream, nor an account with an emergency of the same name', () => {
    const names = [anna, { ...anna, username: 'bert' }, { ...anna, emergency: true }].map((session) => {
      const { channel } = liveInBrowser(() => 0, personOf(session));
      channel?.close();
      return channel?.name;
    });
    assert.equal(new Set(names).size, 3);
  });
});
