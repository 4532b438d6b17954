import { PermanentError, TransientError, messageOf } from '#kernel';

export interface CatalogAccount {
  /** Address of catalog-api, without a path. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** Milliseconds for one answer, and between two pieces of a stream. */
const timeout = 60_000;

/**
 * Calls of catalog-api as a service account: signs in when needed, and again when the token is no longer good.
 *
 * @throws TransientError `catalog.api-away` (no answer, 5xx, 429), `catalog.api-login` (the account is refused)
 * @throws PermanentError `catalog.api-refused`, details: `{ status }`
 */
export class CatalogSession {
  private token: string | undefined;

  /** @param patience milliseconds for one answer, or between two pieces of a stream */
  constructor(
    private readonly account: CatalogAccount,
    private readonly patience = timeout,
  ) {}

  async get<Answer>(path: string): Promise<Answer> {
    return (await this.call(path, {})).json() as Promise<Answer>;
  }

  async post<Answer>(
    path: string,
    body: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const response = await this.call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return (await response.json()) as Answer;
  }

  /** Lines of an NDJSON answer, as they arrive. */
  async *lines(path: string): AsyncGenerator<string> {
    const silence = new AbortController();
    const expectMore = (): NodeJS.Timeout =>
      setTimeout(() => silence.abort(new Error(`nothing came for ${this.patience} ms`)), this.patience);
    let timer = expectMore();
    const response = await this.call(path, { signal: silence.signal }, false).finally(() =>
      clearTimeout(timer),
    );
    const decoder = new TextDecoder();
    let rest = '';
    timer = expectMore();
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        // What the reader takes its time for is not the catalogue's silence.
        clearTimeout(timer);
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
        timer = expectMore();
      }
    } catch (error) {
      throw this.away(`broke off ${path}`, error);
    } finally {
      clearTimeout(timer);
    }
    if (rest !== '') yield rest;
  }

  private async call(path: string, init: RequestInit, timed = true): Promise<Response> {
    for (let attempt = 0; ; attempt += 1) {
      this.token ??= await this.login();
      const headers = { ...init.headers, authorization: `Bearer ${this.token}` };
      const response = await this.fetch(path, { ...init, headers }, timed);
      if (response.ok) return response;
      const text = (await response.text()).slice(0, 500);
      if (attempt === 0 && (response.status === 401 || response.status === 403)) this.token = undefined;
      else if (response.status >= 500 || response.status === 429)
        throw new TransientError(
          'catalog.api-away',
          `catalog-api answered ${response.status} to ${path}: ${text}`,
          { away: true },
        );
      else
        throw new PermanentError(
          'catalog.api-refused',
          `catalog-api answered ${response.status} to ${path}: ${text}`,
          { details: { status: response.status } },
        );
    }
  }

  private async login(): Promise<string> {
    const { username, password } = this.account;
    const response = await this.fetch('/api/v3/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password }),
    });
    if (!response.ok)
      throw new TransientError(
        'catalog.api-login',
        `catalog-api refused the account ${username} (${response.status}): check CATALOG_USERNAME and CATALOG_PASSWORD.`,
      );
    return ((await response.json()) as { access_token: string }).access_token;
  }

  private async fetch(path: string, init: RequestInit, timed = true): Promise<Response> {
    try {
      return await fetch(`${this.account.url}${path}`, {
        ...init,
        ...(timed ? { signal: AbortSignal.timeout(this.patience) } : {}),
      });
    } catch (error) {
      throw this.away('is out of reach', error);
    }
  }

  private away(what: string, error: unknown): TransientError {
    return new TransientError(
      'catalog.api-away',
      `catalog-api at ${this.account.url} ${what}: ${messageOf(error)}`,
      { away: true, cause: error },
    );
  }
}
