import { Inject, Injectable } from '@nestjs/common';
import { decodeJwt } from 'jose';
import { Clock } from '#kernel';
import { CatalogClient, notDone } from '../calls/catalog-client.js';
import { ConfigToken, type ConsoleConfig } from '../console.config.js';
import { ConsoleError } from '../edge/console-error.js';
import type { CurrentSession } from './session.js';
import { longestSession, Sessions } from './sessions.service.js';

const longestName = 500;
const longestPassword = 1000;
const paths = { local: '/api/v3/auth/login', ldap: '/api/v3/auth/ldap' } as const;

/** Signing in: catalog-api decides, and its token stays here. */
@Injectable()
export class SignIn {
  constructor(
    private readonly catalogue: CatalogClient,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: Pick<ConsoleConfig, 'signIn'>,
  ) {}

  /** @param from the person's network address, by which catalog-api counts wrong passwords */
  async withPassword(body: unknown, from: string): Promise<CurrentSession> {
    const { strategy, username, password } = (body ?? {}) as Readonly<Record<string, unknown>>;
    const path = strategy === 'local' || strategy === 'ldap' ? paths[strategy] : undefined;
    if (path === undefined || !this.config.signIn.some((one) => one === strategy))
      throw new ConsoleError(
        400,
        'console.bad-request',
        `Expected as strategy one of ${this.config.signIn.filter((one) => one !== 'oidc').join(', ') || 'none'}, found another.`,
      );
    const name = textIn(username, longestName, 'username');
    const call = { username: name, password: textIn(password, longestPassword, 'password') };
    return this.beginWith(path, call, from);
  }

  /** @param code that catalog-api gave to the browser, good for the verifier of this sign-in alone */
  withCode(code: string, verifier: string, from: string): Promise<CurrentSession> {
    return this.beginWith('/api/v3/auth/oidc/redeem', { code, verifier }, from);
  }

  private async beginWith(path: string, body: object, from: string): Promise<CurrentSession> {
    const answer = await this.catalogue.call({ from }, { method: 'POST', path, body });
    const { status, text } = answer;
    if (status === 401) throw refused();
    if (status !== 200 && status !== 201) throw notDone('sign-in', answer);
    const { access_token: token } = JSON.parse(text) as { access_token?: unknown };
    // SciCat answers some refusals with a success without a token.
    if (typeof token !== 'string') throw refused();
    return this.sessions.begin(token, this.endOf(token));
  }

  private endOf(token: string): number {
    const { exp } = decodeJwt(token);
    return exp === undefined ? this.clock.now().getTime() + longestSession : exp * 1000;
  }
}

function refused(): ConsoleError {
  return new ConsoleError(
    401,
    'console.sign-in-refused',
    'The name or the password is wrong, or the sign-in is too old.',
  );
}

function textIn(value: unknown, longest: number, name: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= longest) return value;
  throw new ConsoleError(
    400,
    'console.bad-request',
    `Expected ${name} to be a text of 1 to ${longest} characters, found something else.`,
  );
}
