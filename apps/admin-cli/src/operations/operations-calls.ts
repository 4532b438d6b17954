import { messageOf } from '#kernel';
import type { OperatedApp } from './apps-file.js';

/** What an app answered to an operations call; `none`: it has no such call. */
export type Answer<Body> =
  { readonly body: Body } | { readonly fault: string; readonly status?: number } | { readonly none: true };

/** Milliseconds for one answer. */
const limit = 60_000;
const maxAnswerText = 500;

/** One operations call of an app. What fails is told, without the token. */
export async function operationsCall<Body>(
  app: OperatedApp,
  path: string,
  signal: AbortSignal,
  body?: object,
): Promise<Answer<Body>> {
  try {
    const response = await fetch(`${app.url}/api/v4/operations/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${app.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(limit)]),
    });
    if (response.ok) return { body: (await response.json()) as Body };
    const text = (await response.text()).slice(0, maxAnswerText);
    if (response.status === 404 && body !== undefined) return { none: true };
    const { status } = response;
    if (status === 401 || status === 403)
      return { status, fault: `its token was refused (HTTP ${status}): compare it with OPERATIONS_TOKEN` };
    return { status, fault: wordsIn(text) ?? `HTTP ${status}: ${text}` };
  } catch (error) {
    signal.throwIfAborted();
    return { fault: `it did not answer at ${app.url}: ${messageOf(error)}` };
  }
}

function wordsIn(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
