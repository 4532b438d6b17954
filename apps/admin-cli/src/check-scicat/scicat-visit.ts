import { messageOf, withoutCredentials } from '#kernel';
import { NoAnswer } from './verdict.js';

export interface Answer {
  readonly status: number;
  /** Milliseconds since 1970 by SciCat's clock; undefined where it does not say. */
  readonly date: number | undefined;
  /** Undefined: nothing, or no JSON. */
  readonly body: unknown;
  /** SciCat's own words, or the beginning of what came. */
  readonly text: string;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** Bytes of an answer that is read: the description of its interface is the largest. */
const maxAnswer = 8 * 2 ** 20;
const maxText = 200;

/** Calls of a SciCat, as its account after `signIn`. Asks once: whoever watches can start the command again. */
export class ScicatVisit {
  private token: string | undefined;

  /** @param patience milliseconds for one answer, whole */
  constructor(
    private readonly url: string,
    private readonly patience: number,
    private readonly signal: AbortSignal,
  ) {}

  useToken(token: string): void {
    this.token = token;
  }

  /** @throws NoAnswer unless SciCat itself answers: silence, 5xx, 429, a page, another address, an endless answer */
  async ask(method: Method, path: string, body?: object): Promise<Answer> {
    const what = `${method} ${path.split('?', 1)[0] ?? ''}`;
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'manual',
        signal: AbortSignal.any([this.signal, AbortSignal.timeout(this.patience)]),
      });
      return answerOf(what, response, await textOf(what, response));
    } catch (error) {
      if (error instanceof NoAnswer || this.signal.aborted) throw error;
      const isLate = error instanceof Error && error.name === 'TimeoutError';
      const { cause } = error as { cause?: unknown };
      throw new NoAnswer(
        `${what}: ${isLate ? `no answer within ${this.patience / 1000} s` : messageOf(cause instanceof Error ? cause : error)}`,
      );
    }
  }
}

async function textOf(what: string, response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > maxAnswer) throw new NoAnswer(`${what}: more than ${maxAnswer} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function answerOf(what: string, { status, headers }: Response, text: string): Answer {
  if (status >= 300 && status < 400)
    throw new NoAnswer(
      `${what}: forwarded to ${withoutCredentials(headers.get('location') ?? 'nowhere')}; give the address that answers`,
    );
  const isPage =
    /^\s*<(!doctype|html)/i.test(text) || /text\/html.*/i.test(headers.get('content-type') ?? '');
  // SciCat answers `true` and `false` as text/html.
  if (isPage && !/^(true|false)$/.test(text.trim()))
    throw new NoAnswer(
      `${what}: HTML with status ${status}, not JSON; is this the frontend, or a proxy in between? Give the address of the backend`,
    );
  const body = jsonOf(text);
  const { message } = (typeof body === 'object' && body !== null ? body : {}) as { message?: unknown };
  const words = (typeof message === 'string' ? message : text).slice(0, maxText);
  if (status >= 500 || status === 429) throw new NoAnswer(`${what}: status ${status}, ${words}`);
  const date = Date.parse(headers.get('date') ?? '');
  return { status, body, text: words, date: Number.isNaN(date) ? undefined : date };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
