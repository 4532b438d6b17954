import type { QueryClient } from '@tanstack/react-query';
import type { ConsoleSession } from '#console-api';
import { CallFault } from './call.js';
import { sessionQuery } from './queries.js';

/** What may be asked for and kept whoever is signed in. */
const ofEverybody: readonly unknown[] = ['session', 'settings', 'codes'];

/** The channel over which tabs say who is signed in. */
type PersonChannel = Pick<BroadcastChannel, 'postMessage' | 'addEventListener'>;

/** One person, or the emergency sign-in: what one of them sees is not for another. */
export function personOf({ username, emergency }: Pick<ConsoleSession, 'username' | 'emergency'>): string {
  return `${emergency ? 'emergency' : 'account'}/${username}`;
}

/**
 * What a person was shown goes when another one is signed in, or none, here or in another tab: before anything is painted with the
 * new name, and with the questions that are under way, whose answers may be of either.
 */
export function followPerson(client: QueryClient, channel?: PersonChannel): () => void {
  let last: string | undefined;
  const follow = (person: string | undefined): void => {
    if (person === last) return;
    // At first nobody's is here.
    if (last !== undefined) forgetOthers(client);
    last = person;
    channel?.postMessage({ person });
  };
  channel?.addEventListener('message', ({ data }: MessageEvent<{ readonly person?: string }>) => {
    if (data.person !== last) void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
  });
  return client.getQueryCache().subscribe((event) => {
    if (event.type !== 'updated' || event.query.queryKey[0] !== sessionQuery.queryKey[0]) return;
    const { data, error } = client.getQueryState(sessionQuery.queryKey) ?? {};
    if (error instanceof CallFault && error.status === 401) follow(undefined);
    else if (data !== undefined) follow(personOf(data));
  });
}

function forgetOthers(client: QueryClient): void {
  const filter = {
    predicate: ({ queryKey }: { readonly queryKey: readonly unknown[] }) =>
      !ofEverybody.includes(queryKey[0]),
  };
  void client.cancelQueries(filter);
  client.removeQueries(filter);
}
