import type { QueryClient } from '@tanstack/react-query';
import { call, CallFault } from './call.js';
import { sessionQuery } from './queries.js';

/**
 * Does what begins or ends a session while nobody is asked who is signed in: a late answer would bring the old session back, or end
 * the new one.
 */
export async function withoutSessionQuestions<Answer>(
  client: QueryClient,
  act: () => Promise<Answer>,
): Promise<Answer> {
  const filter = { queryKey: sessionQuery.queryKey };
  await client.cancelQueries(filter);
  try {
    return await act();
  } finally {
    await client.cancelQueries(filter);
  }
}

/** `untold`: the catalogue does not know, so what it gave for the session is good until its own end. */
type SignOutEnd = 'told' | 'untold';

/**
 * Ends the session here and in the catalogue.
 *
 * @throws CallFault: the session goes on
 */
export async function signOut(client: QueryClient): Promise<SignOutEnd> {
  try {
    const answer = await withoutSessionQuestions(client, () =>
      call<{ readonly told?: boolean } | null | undefined>('session', { method: 'DELETE' }),
    );
    return answer?.told === false ? 'untold' : 'told';
  } catch (error) {
    // It was over before.
    if (error instanceof CallFault && error.status === 401) return 'told';
    throw error;
  }
}
