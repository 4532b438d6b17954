import type { ConsoleFault } from '#console-api';

/** Milliseconds that an answer may take. */
const patience = 30_000;
/** The same call was begun before, and has not ended. */
const underWay = 'operations.under-way';

/** What the console answered where it could not do what was asked, or that it did not answer. */
export class CallFault extends Error {
  constructor(
    /** 0: no answer came. */
    readonly status: number,
    readonly fault: ConsoleFault,
    /** Seconds after which it may be tried again. */
    readonly retryAfter?: number,
  ) {
    super(fault.message);
  }

  get code(): string {
    return this.fault.code;
  }

  /** Whether it may have been done, or may yet be: nobody knows. */
  get isOpen(): boolean {
    return this.status === 0 || this.status >= 500 || this.code === underWay;
  }

  /** Whether another try is the same call: under another key it could be done twice. */
  get keepsKey(): boolean {
    return this.isPassing || this.isOpen;
  }

  /** Whether it may be otherwise in a moment. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: object;
  /** One for each dialog that was opened: however often it is sent, it is done once. */
  readonly key?: string;
  readonly ifMatch?: string;
  readonly signal?: AbortSignal;
  /** How it is called; specs have another one. */
  readonly fetch?: typeof fetch;
}

export interface Answered<Body> {
  readonly body: Body;
  readonly etag?: string;
}

/** @throws CallFault */
export async function call<Body>(path: string, options: CallOptions = {}): Promise<Body> {
  return (await callWithTag<Body>(path, options)).body;
}

/** @throws CallFault */
export async function callWithTag<Body>(path: string, options: CallOptions = {}): Promise<Answered<Body>> {
  const { method = 'GET', body, key, ifMatch, signal } = options;
  const limit = AbortSignal.timeout(patience);
  const asks = options.fetch ?? fetch;
  let response: Response;
  let text: string;
  try {
    response = await asks(`/console/api/${path}`, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: {
        Accept: 'application/json',
        ...(method === 'GET' ? {} : { 'X-Catena-Console': '1' }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(key === undefined ? {} : { 'Idempotency-Key': key }),
        ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new CallFault(0, noAnswer(error));
  }
  if (!response.ok) throw new CallFault(response.status, faultIn(text, response), secondsIn(response));
  const etag = response.headers.get('etag');
  return { body: bodyIn<Body>(text, response), ...(etag === null ? {} : { etag }) };
}

function bodyIn<Body>(text: string, response: Response): Body {
  if (text === '') return undefined as Body;
  try {
    return JSON.parse(text) as Body;
  } catch {
    throw new CallFault(response.status, {
      code: `HTTP ${response.status}`,
      message: 'Expected JSON, found something else: a proxy in between may have answered.',
    });
  }
}

function faultIn(text: string, { status, statusText }: Response): ConsoleFault {
  try {
    const { code, message, app, traceId } = JSON.parse(text) as Partial<ConsoleFault>;
    if (typeof code === 'string' && typeof message === 'string')
      return {
        ...{ code, message },
        ...(typeof app === 'string' ? { app } : {}),
        ...(typeof traceId === 'string' ? { traceId } : {}),
      };
  } catch {
    // Not one of the console's answers: a proxy in between.
  }
  return { code: `HTTP ${status}`, message: statusText };
}

function noAnswer(error: unknown): ConsoleFault {
  const isLate = error instanceof DOMException && error.name === 'TimeoutError';
  return {
    code: isLate ? 'timeout' : 'network',
    message: isLate
      ? `No answer came within ${patience / 1000} seconds.`
      : 'The console could not be reached.',
  };
}

function secondsIn(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/** A query without what is empty. Lists are repeated. */
export function queryText(
  values: Readonly<Record<string, string | number | readonly string[] | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    for (const one of Array.isArray(value)
      ? (value as readonly string[])
      : [value as string | number | undefined])
      if (one !== undefined && one !== '') query.append(name, String(one));
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** A part of a path: pids and work orders have slashes. */
export const inPath = encodeURIComponent;
