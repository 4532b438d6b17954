import { Clock } from '#kernel';
import { IngestorFailed } from './ingestor-errors.js';
import { exchange, type Incoming } from './http-exchange.js';
import type { Tokens } from './ingestor-api.js';

/** Milliseconds before its end at which golang.org/x/oauth2 takes a token for expired. */
const early = 10_000;

/** Where an authorization server wants the client's id. */
type AuthStyle = 'header' | 'params';

/** A token that is refreshed when it is asked for and has expired: golang.org/x/oauth2 with a client that has no secret. */
export class TokenSource {
  refreshes = 0;
  private accessToken: string;
  private refreshToken: string;
  private expiresAt: number;
  private style?: AuthStyle;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly tokenUrl: string,
    private readonly clientId: string,
    tokens: Tokens,
    private readonly clock: Clock,
    private readonly gone?: AbortSignal,
  ) {
    this.accessToken = tokens.accessToken;
    this.refreshToken = tokens.refreshToken;
    // The Ingestor takes the seconds for nanoseconds.
    this.expiresAt = clock.now().getTime() + tokens.expiresIn / 1e6;
  }

  /** One caller at a time, as the lock of Go's `reuseTokenSource` has it. */
  token(): Promise<string> {
    const mine = this.turn.then(() => this.take());
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async take(): Promise<string> {
    if (this.clock.now().getTime() < this.expiresAt - early) return this.accessToken;
    const fresh = await this.refresh();
    this.refreshes += 1;
    this.accessToken = fresh.accessToken;
    this.refreshToken = fresh.refreshToken;
    this.expiresAt = fresh.expiresIn === 0 ? Infinity : this.clock.now().getTime() + fresh.expiresIn * 1000;
    return this.accessToken;
  }

  private async refresh(): Promise<Tokens> {
    if (this.style !== undefined) return this.tokensOf(await this.ask(this.style));
    try {
      const tokens = this.tokensOf(await this.ask('header'));
      this.style = 'header';
      return tokens;
    } catch (error) {
      if (!(error instanceof IngestorFailed)) throw error;
      const tokens = this.tokensOf(await this.ask('params'));
      this.style = 'params';
      return tokens;
    }
  }

  private ask(style: AuthStyle): Promise<Incoming> {
    this.gone?.throwIfAborted();
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: this.refreshToken });
    if (style === 'params') form.set('client_id', this.clientId);
    form.sort();
    const basic = Buffer.from(`${encodeURIComponent(this.clientId)}:`).toString('base64');
    return exchange({
      method: 'POST',
      url: this.tokenUrl,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(style === 'header' ? { authorization: `Basic ${basic}` } : {}),
      },
      body: Buffer.from(form.toString()),
      ...(this.gone === undefined ? {} : { signal: this.gone }),
    });
  }

  private tokensOf({ status, headers, body }: Incoming): Tokens {
    const said = body.toString();
    if (status < 200 || status > 299)
      throw new IngestorFailed(`error fetching a new token: ${status} ${said}`);
    if (/^(text\/plain|application\/x-www-form-urlencoded)/.test(headers['content-type'] ?? ''))
      throw new IngestorFailed(`a token in ${headers['content-type']} is none that this client reads`);
    const fields = JSON.parse(said) as Record<string, unknown>;
    const accessToken = fields['access_token'];
    if (typeof accessToken !== 'string' || accessToken === '')
      throw new IngestorFailed('oauth2: server response missing access_token');
    const renewed = fields['refresh_token'];
    return {
      accessToken,
      refreshToken: typeof renewed === 'string' && renewed !== '' ? renewed : this.refreshToken,
      expiresIn: Number(fields['expires_in'] ?? 0),
    };
  }
}
