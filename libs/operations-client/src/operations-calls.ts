import type { Way } from '#console-api';
import { messageOf, newId } from '#kernel';
import type { OperatedApp } from './apps-file.js';
import { boundedText } from './bounded-text.js';

/** For whom calls are made: apps believe it, as the token stands beside it. */
export interface Asker {
  /** Absent: nobody is named, which does for questions. */
  readonly name?: string;
  readonly groups?: readonly string[];
  readonly via: Way;
  /** The person's network address; absent: the program that calls is where the person is. */
  readonly from?: string;
}

export interface Acting extends Asker {
  readonly name: string;
}

/** What an app answered to an operations call; `none`: it has no such call. */
export type Answer<Body> =
  | { readonly body: Body; readonly etag?: string }
  | { readonly fault: string; readonly status?: number; readonly code?: string }
  | { readonly none: true };

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v4/operations/`, with its query. */
  readonly path: string;
  readonly body?: object;
  /** The ETag of what was read. */
  readonly ifMatch?: string;
  /** By which a call that is sent again is done once. Default: a new one for each call that changes something. */
  readonly key?: string;
  /** Milliseconds for the answer. */
  readonly patience?: number;
}

const patience = 60_000;
const maxAnswerText = 500;

/** What an app answered, as it is. */
export interface PlainAnswer {
  readonly status: number;
  readonly text: string;
  readonly etag?: string;
  readonly retryAfter?: string;
}

/** One operations call of an app. What fails is told, without the token. */
export async function operationsCall<Body>(
  app: OperatedApp,
  acting: Asker,
  call: Call,
  signal: AbortSignal,
): Promise<Answer<Body>> {
  try {
    const { status, text, etag } = await plainCall(app, acting, call, signal);
    if (status >= 200 && status < 300)
      return { body: JSON.parse(text) as Body, ...(etag === undefined ? {} : { etag }) };
    return faultOf(status, text);
  } catch (error) {
    signal.throwIfAborted();
    return { fault: `it did not answer at ${app.url}: ${messageOf(error)}` };
  }
}

/**
 * One operations call of an app, for those who pass its answer on.
 *
 * @throws Error when it does not answer
 */
export async function plainCall(
  app: OperatedApp,
  acting: Asker,
  { method, path, body, ifMatch, key, patience: limit = patience }: Call,
  signal: AbortSignal,
): Promise<PlainAnswer> {
  const verb = method ?? (body === undefined ? 'GET' : 'POST');
  const response = await fetch(`${app.url}/api/v4/operations/${path}`, {
    method: verb,
    headers: {
      ...{ authorization: `Bearer ${app.token}`, ...headersOf(acting) },
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      ...(verb === 'GET' ? {} : { 'idempotency-key': key ?? newId() }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(limit)]),
  });
  const text = await boundedText(response);
  const { status, headers } = response;
  const [etag, retryAfter] = [headers.get('etag'), headers.get('retry-after')];
  return {
    ...{ status, text },
    ...(etag === null ? {} : { etag }),
    ...(retryAfter === null ? {} : { retryAfter }),
  };
}

function headersOf({ name, groups = [], via, from }: Asker): Record<string, string> {
  return {
    'catena-acting-via': via,
    ...(name === undefined ? {} : { 'catena-acting-for': encodeURIComponent(name) }),
    ...(from === undefined ? {} : { 'catena-acting-from': from }),
    ...(groups.length === 0
      ? {}
      : { 'catena-acting-groups': groups.map((group) => encodeURIComponent(group)).join(',') }),
  };
}

function faultOf(status: number, text: string): Answer<never> {
  const { message, code } = wordsIn(text);
  // A route that an app does not have is told in these words: an earlier version, or another kind of app. Any other 404 is from a
  // wrong address, or from a proxy in between.
  if (status === 404 && code === undefined && message !== undefined && /^Cannot [A-Z]+ \//.test(message))
    return { none: true };
  if (status === 401 || (status === 403 && code === undefined))
    return { status, fault: `its token was refused (HTTP ${status}): compare it with OPERATIONS_TOKEN` };
  const fault = message ?? `HTTP ${status}: ${text.slice(0, maxAnswerText)}`;
  return { status, fault, ...(code === undefined ? {} : { code }) };
}

function wordsIn(text: string): { message?: string; code?: string } {
  try {
    const { message, code } = JSON.parse(text) as { message?: unknown; code?: unknown };
    return {
      ...(typeof message === 'string' ? { message } : {}),
      ...(typeof code === 'string' ? { code } : {}),
    };
  } catch {
    return {};
  }
}
