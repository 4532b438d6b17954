import { messageOf, withoutCredentials, type Clock } from '#kernel';
import {
  away,
  loginRefused,
  refused,
  rightsMissing,
  tooLargeAnswer,
  withoutRights,
} from './scicat-errors.js';
import { isFields } from './answers.js';
import { lifetimeOf, retryAfterOf } from './token-times.js';

export interface ScicatAccount {
  /** Address of SciCat without `/api`, e.g. `https://scicat.example.org`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

export interface SessionLimits {
  /** Milliseconds for one answer, to its last byte; 30 000 unless said otherwise. */
  readonly patience?: number;
  /** Bytes of one answer, unpacked; 64 MiB unless said otherwise. */
  readonly maxAnswer?: number;
}

export interface ScicatRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With the version: `/api/v3/…`. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  /** Whether a success may come without a body. */
  readonly mayBeEmpty?: boolean;
}

/** A success, or a refusal of SciCat's own that the asker has to read: never 401, 403, 408, 413 or 429. */
export interface ScicatAnswer {
  readonly status: number;
  /** Parsed; undefined when it came without. */
  readonly body: unknown;
  /** Its beginning, fit for a message. */
  readonly told: string;
}

const signInPath = '/api/v3/auth/login';

/** Milliseconds between two sign-ins that refusals lead to: a sign-in costs SciCat more than a refusal. */
const betweenSignIns = 10_000;

/** Milliseconds for which SciCat may ask not to be called. */
const longestPause = 60_000;

interface Token {
  readonly value: string;
  /** Milliseconds of the clock. */
  readonly signedInAt: number;
  readonly renewAt: number;
}

/**
 * Calls of SciCat as one account. Its token is renewed before it runs out, because SciCat takes a late one for nobody's and answers
 * with what nobody may see; and once after a refusal, unless it is fresh. An account that is refused is tried again after ten seconds.
 *
 * @throws TransientError `scicat.away`, `scicat.login`, `scicat.rights`; PermanentError `scicat.refused`, `scicat.too-large`
 */
export class ScicatSession {
  private readonly url: string;
  private readonly patience: number;
  private readonly maxAnswer: number;
  private token: Token | undefined;
  private signingIn: Promise<Token> | undefined;
  /** Of the last sign-in that was refused. */
  private refusal: { readonly at: number; readonly error: Error } | undefined;
  /** The newest tokens, one of which a late answer may repeat. */
  private secrets: readonly string[] = [];
  /** Milliseconds of the clock: SciCat asked not to be called before. */
  private quietUntil = 0;

  constructor(
    private readonly account: ScicatAccount,
    private readonly clock: Clock,
    limits: SessionLimits = {},
  ) {
    this.url = withoutCredentials(account.url).replace(/\/+$/, '');
    this.patience = limits.patience ?? 30_000;
    this.maxAnswer = limits.maxAnswer ?? 64 * 1024 * 1024;
  }

  /** All of it within the patience for one answer, sign-ins included: whoever holds a lease knows how long a call can take. */
  async call(request: ScicatRequest): Promise<ScicatAnswer> {
    const patience = AbortSignal.timeout(this.patience);
    const first = await this.currentToken();
    const answer = await this.send(request, first.value, patience);
    if (!withoutRights(answer.status)) return this.checked(request, answer, first);
    if (this.isRecent(first.signedInAt)) throw this.rightsMissing(request, answer);
    const second = await this.currentToken(first);
    const again = await this.send(request, second.value, patience);
    if (!withoutRights(again.status)) return this.checked(request, again, second);
    throw this.rightsMissing(request, again);
  }

  /**
   * The same with a token that SciCat has given to another than this account.
   *
   * @returns undefined when SciCat takes it for nobody's
   */
  async callAs(token: string, request: ScicatRequest): Promise<ScicatAnswer | undefined> {
    if (!isToken(token)) return undefined;
    const answer = await this.send(request, token);
    const body = this.parsed(request, answer);
    if (withoutRights(answer.status)) return undefined;
    return { status: answer.status, body, told: this.excerpt(answer.text) };
  }

  private rightsMissing(request: ScicatRequest, answer: RawAnswer): Error {
    // Only what is said in JSON is SciCat's own word; the rest is that of something in front of it.
    this.parsed(request, answer);
    return rightsMissing(`${request.method} ${pathOf(request)}`, this.account.username, answer.status);
  }

  private now(): number {
    return this.clock.now().getTime();
  }

  /** A clock that was set back makes nothing recent for hours. */
  private isRecent(time: number): boolean {
    return Math.abs(this.now() - time) < betweenSignIns;
  }

  private isGood({ signedInAt, renewAt }: Token): boolean {
    return signedInAt <= this.now() && this.now() < renewAt;
  }

  /** @param refused the token that was no good: another than this one is good enough */
  private async currentToken(refused?: Token): Promise<Token> {
    const { token } = this;
    if (token !== undefined && token !== refused && this.isGood(token)) return token;
    this.signingIn ??= this.signIn().finally(() => (this.signingIn = undefined));
    return this.signingIn;
  }

  private async signIn(): Promise<Token> {
    this.token = undefined;
    const { refusal } = this;
    if (refusal !== undefined && this.isRecent(refusal.at)) throw refusal.error;
    const { username, password } = this.account;
    const request: ScicatRequest = {
      ...{ method: 'POST', path: signInPath },
      body: JSON.stringify({ username, password }),
    };
    // Counted from before it was asked for: a late answer makes no token live longer.
    const asked = this.now();
    const answer = await this.send(request);
    const body = this.parsed(request, answer);
    if (answer.status >= 400) {
      this.refusal = { at: this.now(), error: loginRefused(this.url, username, answer.status) };
      throw this.refusal.error;
    }
    const value = isFields(body) ? body['access_token'] : undefined;
    if (!isFields(body) || typeof value !== 'string' || !isToken(value))
      throw away(`Expected a sign-in at ${this.url} to be answered with an access_token, found none in it.`);
    const lifetime = lifetimeOf(body, value);
    this.secrets = [value, ...this.secrets].slice(0, 3);
    return (this.token = {
      value,
      signedInAt: asked,
      renewAt: asked + lifetime - Math.min(60_000, lifetime / 5),
    });
  }

  private checked(request: ScicatRequest, answer: RawAnswer, token: Token): ScicatAnswer {
    if (answer.text === '' && answer.status < 300 && request.mayBeEmpty !== true) {
      // As nobody is answered whom SciCat does not know: the next call signs in afresh.
      if (this.token === token) this.token = undefined;
      throw away(
        `Expected an answer to ${request.method} ${pathOf(request)}, found ${answer.status} without any.`,
      );
    }
    return {
      status: answer.status,
      body: this.parsed(request, answer),
      told: this.excerpt(answer.text),
    };
  }

  /** @throws what an answer is that nothing can be made of */
  private parsed(request: ScicatRequest, { status, text, retryAfter }: RawAnswer): unknown {
    // What answers a sign-in may be a token.
    const told = request.path === signInPath ? '(not shown)' : this.excerpt(text);
    const found = `${status} to ${request.method} ${pathOf(request)}: ${told}`;
    if (status >= 500 || status === 429 || status === 408) {
      const pause = retryAfterOf(retryAfter, this.clock.now());
      if (pause !== undefined) this.quietUntil = this.now() + Math.min(pause, longestPause);
      throw away(`Expected an answer of SciCat at ${this.url}, found ${found}`);
    }
    if (status >= 300 && status < 400)
      throw away(
        `Expected an answer of SciCat at ${this.url}, found ${found} It leads elsewhere, where the bridge does not follow: give it the address of SciCat itself.`,
      );
    if (status === 413)
      throw refused(`SciCat, or what stands before it, takes no body as large as this: ${found}`, status);
    if (text === '' && status < 300) return undefined;
    try {
      return JSON.parse(text);
    } catch {
      if (status === 414 || status === 431)
        throw refused(`Expected the address to fit, found ${found}`, status);
      throw away(`Expected JSON of SciCat at ${this.url}, found ${found}`);
    }
  }

  private async send(
    { method, path, body }: ScicatRequest,
    token?: string,
    patience?: AbortSignal,
  ): Promise<RawAnswer> {
    const wait = this.quietUntil - this.now();
    if (wait > 0 && wait <= longestPause)
      throw away(`SciCat at ${this.url} asked not to be called for another ${wait} ms.`);
    if (patience?.aborted === true)
      throw away(
        `Expected an answer of SciCat at ${this.url} within ${this.patience} ms, found that signing in took as long.`,
      );
    const impatience = new AbortController();
    const giveUp = (): void => impatience.abort(new Error(`no whole answer within ${this.patience} ms`));
    patience?.addEventListener('abort', giveUp, { once: true });
    const timer = setTimeout(giveUp, this.patience);
    try {
      const response = await fetch(`${this.url}${path}`, {
        ...{ method, body, redirect: 'manual', signal: impatience.signal },
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      });
      const text = await this.read(response, `${method} ${path.slice(0, 200)}`);
      return { status: response.status, text, retryAfter: response.headers.get('retry-after') };
    } catch (error) {
      if (impatience.signal.aborted || !(error instanceof AnswerTooLarge))
        throw away(
          `Expected an answer of SciCat at ${this.url} to ${method} ${path.slice(0, 200)}, found ${this.reasonOf(error)}.`,
        );
      throw tooLargeAnswer(`${method} ${path.slice(0, 200)}`, this.maxAnswer);
    } finally {
      clearTimeout(timer);
      patience?.removeEventListener('abort', giveUp);
      impatience.abort();
    }
  }

  private async read(response: Response, asked: string): Promise<string> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    const body: AsyncIterable<Uint8Array> | null = response.body;
    for await (const piece of body ?? []) {
      bytes += piece.length;
      if (bytes > this.maxAnswer) throw new AnswerTooLarge(asked);
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString('utf8');
  }

  private reasonOf(error: unknown): string {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return this.excerpt(messageOf(cause));
  }

  /** Without what must not be told, whoever repeats it. */
  private excerpt(text: string): string {
    let told = text;
    const { password } = this.account;
    for (const secret of [password, JSON.stringify(password).slice(1, -1), ...this.secrets])
      if (secret !== '') told = told.replaceAll(secret, '***');
    // Tokens of others, too.
    return told.replace(/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g, '***').slice(0, 300);
  }
}

interface RawAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

class AnswerTooLarge extends Error {}

/** Whether a header can hold it. */
function isToken(text: string): boolean {
  return /^[\x21-\x7e]{1,16384}$/.test(text);
}

function pathOf({ path }: ScicatRequest): string {
  return path.slice(0, 200);
}
