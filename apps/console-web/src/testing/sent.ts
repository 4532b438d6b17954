import { mock } from 'node:test';

/** One call as it was sent. */
export interface Sent {
  readonly path: string;
  readonly method: string;
  readonly key: string | undefined;
  readonly ifMatch: string | undefined;
  readonly body: unknown;
}

/** What is answered to a call; a status of 400 and above is a refusal with this body, what throws is no answer. */
export type AnswerOf = (
  path: string,
  method: string,
) => { readonly status?: number; readonly body: unknown; readonly etag?: string };

/** Answers calls while something runs; gives what was sent. */
export async function whileCalls(
  answerOf: AnswerOf,
  run: (sent: readonly Sent[]) => Promise<void>,
): Promise<void> {
  const sent: Sent[] = [];
  const asked = mock.method(globalThis, 'fetch', (url: string, init: RequestInit) => {
    const path = url.replace('/console/api/', '');
    const headers = new Headers(init.headers);
    const method = init.method ?? 'GET';
    sent.push({
      ...{ path, method, key: headers.get('idempotency-key') ?? undefined },
      ...{ ifMatch: headers.get('if-match') ?? undefined },
      body: typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined,
    });
    const { status = 200, body, etag = `"${path.length}"` } = answerOf(path, method);
    return Promise.resolve(Response.json(body, { status, headers: { ETag: etag } }));
  });
  try {
    await run(sent);
  } finally {
    asked.mock.restore();
  }
}
