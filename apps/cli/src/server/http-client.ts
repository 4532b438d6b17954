import { backOff, messageOf, wait } from '#kernel';
import { Failure } from '#command-line';
import { explain, failureOf } from './refusals.js';
import type { Session } from './session.js';

interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** The call may be sent twice without harm, so it is repeated when its answer got lost. */
  readonly repeatable?: boolean;
}

const answerPatience = 60_000;
/** Milliseconds a server may be away: little when it was never there, long enough for a restart when it was. */
const patience = { before: 1500, after: 60_000 };

/** What no server of ours answers. */
const notJson = Symbol('not JSON');

/** Calls of the Catena server as one user, with the patience a restart of the server needs. */
export class HttpClient {
  private wasThere = false;

  constructor(
    readonly session: Session,
    readonly signal: AbortSignal,
  ) {}

  get<Body>(path: string): Promise<Body> {
    return this.call<Body>('GET', path, undefined, { repeatable: true });
  }

  post<Body>(path: string, body?: unknown, options: CallOptions = {}): Promise<Body> {
    return this.call<Body>('POST', path, body, options);
  }

  patch<Body>(path: string, body: unknown): Promise<Body> {
    return this.call<Body>('PATCH', path, body, { repeatable: true });
  }

  delete(path: string, body: unknown): Promise<unknown> {
    return this.call('DELETE', path, body, { repeatable: true });
  }

  /** One try, the answer as it comes; for streams. */
  async open(path: string, headers: Readonly<Record<string, string>>): Promise<Response> {
    return fetch(`${this.session.url}${path}`, {
      headers: { ...this.headers(), ...headers },
      signal: this.signal,
    });
  }

  private async call<Body>(method: string, path: string, body: unknown, options: CallOptions): Promise<Body> {
    const began = Date.now();
    for (let attempt = 0; ; attempt += 1) {
      const answer = await this.once(method, path, body, options);
      if (answer.status < 400 && answer.body === notJson) throw this.otherServer(method, path);
      if (answer.status < 400) return answer.body as Body;
      const away = Date.now() - began > (this.wasThere ? patience.after : patience.before);
      if (away || !mayRepeat(answer, options)) throw await this.refusal(method, path, answer);
      await wait(200 + backOff(attempt, 200, 3000), this.signal);
    }
  }

  /** A network error counts as status 599, or 598 when the request certainly never reached the server. */
  private async once(
    method: string,
    path: string,
    body: unknown,
    { headers }: CallOptions,
  ): Promise<{ status: number; body: unknown }> {
    try {
      const response = await fetch(`${this.session.url}${path}`, {
        method,
        headers: {
          ...this.headers(),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([this.signal, AbortSignal.timeout(answerPatience)]),
        redirect: 'error',
      });
      const text = await response.text();
      this.wasThere = true;
      const answer = parsed(text);
      const excerpt = answer === notJson && response.status >= 400;
      return { status: response.status, body: excerpt ? { message: text.slice(0, 300) } : answer };
    } catch (error) {
      this.signal.throwIfAborted();
      const cause = (error as { cause?: { code?: string } }).cause;
      const never = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'].includes(cause?.code ?? '');
      return { status: never ? 598 : 599, body: { message: cause?.code ?? messageOf(error) } };
    }
  }

  private otherServer(method: string, path: string): Failure {
    return new Failure(
      'unreachable',
      `Expected the answer of a Catena server to ${method} ${path.split('?')[0]}, found something else at ${this.session.url}. Is the address right?`,
    );
  }

  private async refusal(
    method: string,
    path: string,
    answer: { status: number; body: unknown },
  ): Promise<Failure> {
    const url = this.session.url;
    // SciCat answers 403 for a token that is no longer valid, too.
    const ended =
      answer.status === 403 &&
      (await this.once('GET', '/api/v3/users/my/self', undefined, {})).status === 401;
    return failureOf(ended ? 401 : answer.status, explain(answer.body), { method, path, url });
  }

  private headers(): Record<string, string> {
    const { token } = this.session;
    return {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }
}

/** 503 and 598 say that nothing was done. */
function mayRepeat({ status }: { status: number }, { repeatable }: CallOptions): boolean {
  return status === 503 || status === 598 || (repeatable === true && (status >= 500 || status === 429));
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return notJson;
  }
}
