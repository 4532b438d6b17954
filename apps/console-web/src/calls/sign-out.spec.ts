import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { QueryClient } from '@tanstack/react-query';
import { CallFault } from './call.js';
import { sessionQuery } from './queries.js';
import { signOut, withoutSessionQuestions } from './sign-out.js';

async function signedOutBy(answer: () => Promise<Response>): Promise<string> {
  const fetched = mock.method(globalThis, 'fetch', answer);
  try {
    return await signOut(new QueryClient());
  } catch (error) {
    assert.ok(error instanceof CallFault);
    return `still in: ${error.status}`;
  } finally {
    fetched.mock.restore();
  }
}

describe('Signing out', () => {
  it('is done when the console says so, and when the session was over before', async () => {
    const fault = { code: 'console.signed-out', message: '' };
    assert.equal(await signedOutBy(() => Promise.resolve(new Response(null, { status: 204 }))), 'told');
    assert.equal(await signedOutBy(() => Promise.resolve(Response.json(fault, { status: 401 }))), 'told');
    assert.equal(await signedOutBy(() => Promise.resolve(Response.json({ told: true }))), 'told');
  });

  it('says that the catalogue was not told', async () => {
    assert.equal(await signedOutBy(() => Promise.resolve(Response.json({ told: false }))), 'untold');
  });

  it('is not done where it was refused, failed, or not answered', async () => {
    for (const status of [403, 429, 500, 503])
      assert.equal(
        await signedOutBy(() => Promise.resolve(Response.json({}, { status }))),
        `still in: ${status}`,
      );
    assert.equal(await signedOutBy(() => Promise.reject(new TypeError('offline'))), 'still in: 0');
  });
});

describe('A session that begins or ends', () => {
  it('is not undone by a question that was under way before, or that began meanwhile', async () => {
    const client = new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: Infinity } } });
    const answers: (() => void)[] = [];
    const signals: AbortSignal[] = [];
    const ask = (): void => {
      void client
        .fetchQuery({
          ...{ queryKey: sessionQuery.queryKey, staleTime: 0 },
          queryFn: ({ signal }) => {
            signals.push(signal);
            return new Promise((done) => answers.push(() => done({ username: 'anna' })));
          },
        })
        .catch(() => undefined);
    };
    ask();
    await withoutSessionQuestions(client, () => {
      ask();
      return Promise.resolve();
    });
    client.setQueryData(sessionQuery.queryKey, { username: 'bert' } as never);
    for (const answer of answers) answer();
    await Promise.resolve();
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, true],
    );
    assert.equal(client.getQueryData(sessionQuery.queryKey)?.username, 'bert');
    client.clear();
  });
});
