import { createHash, randomBytes } from 'node:crypto';
import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock, codeOf, messageOf } from '#kernel';
import { LOGGER, type Logger } from '#observability';
import { Open } from '#service-host';
import { ConfigToken, isSecure, type ConsoleConfig } from '../console.config.js';
import { ConsoleError } from '../edge/console-error.js';
import { cookieIn, signInCookie, signInName } from '../edge/cookies.js';
import { Sealer } from './sealer.js';
import { SessionCookie } from './session-cookie.js';
import { SignIn } from './sign-in.service.js';

/** A sign-in under way, in a cookie of the browser that began it. */
interface UnderWay {
  readonly verifier: string;
  readonly returnTo: string;
  readonly until: number;
}

/** Milliseconds: time for a password and a second factor. */
const life = 600_000;
const home = '/console';

/**
 * Sign-in at the identity provider. The browser comes back with a code that is good once, for half a minute, and only together
 * with the verifier in the cookie of the browser that began: whoever follows a link that another person made is signed in as nobody.
 */
@Open('signing in is how one becomes known')
@Controller('console/sign-in/oidc')
export class OidcController {
  constructor(
    private readonly signIn: SignIn,
    private readonly sealer: Sealer,
    private readonly cookie: SessionCookie,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ConsoleConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Get()
  async begin(@Query('returnTo') returnTo: unknown, @Res() reply: FastifyReply): Promise<void> {
    if (!this.config.signIn.includes('oidc'))
      throw new ConsoleError(
        404,
        'console.no-such-call',
        'This console offers no sign-in at an identity provider: CONSOLE_SIGN_IN does not name oidc.',
      );
    const [verifier, state] = [randomBytes(32).toString('base64url'), randomBytes(9).toString('base64url')];
    const underWay: UnderWay = {
      ...{ verifier, returnTo: pathWithin(returnTo) },
      until: this.clock.now().getTime() + life,
    };
    const sealed = await this.sealer.seal('sign-in', underWay);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const query = new URLSearchParams({ client: 'console', response: 'code', challenge, state });
    await reply
      .header('set-cookie', signInCookie(state, sealed, isSecure(this.config)))
      .header('cache-control', 'no-store')
      .redirect(`${this.config.publicCatalogUrl}/api/v3/auth/oidc?${query.toString()}`, 302);
  }

  @Get('done')
  async done(
    @Query('code') code: unknown,
    @Query('state') state: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const key = typeof state === 'string' && /^[\w-]{12}$/.test(state) ? state : '';
    const found = cookieIn(request.headers.cookie, signInName(key));
    const underWay = await this.sealer.open<UnderWay>('sign-in', found);
    const over = signInCookie(key, '', isSecure(this.config));
    void reply.header('cache-control', 'no-store').header('set-cookie', over);
    try {
      if (underWay === undefined || underWay.until < this.clock.now().getTime() || typeof code !== 'string')
        throw new ConsoleError(401, 'console.sign-in-refused', 'This browser began no such sign-in.');
      const session = await this.signIn.withCode(code.slice(0, 200), underWay.verifier, request.ip);
      const header = await this.cookie.headerFor(session);
      await reply.header('set-cookie', header).redirect(underWay.returnTo, 302);
    } catch (error) {
      // A page, not an answer for programs: the person stands before a browser.
      const fault = codeOf(error, 'console.unexpected-error');
      this.logger.warn(
        { code: fault, error: messageOf(error) },
        'a sign-in at the provider was not finished',
      );
      await reply.redirect(`${home}?fault=${fault}`, 302);
    }
  }
}

/** A path of the console; for anything else its first page. */
export function pathWithin(asked: unknown): string {
  if (typeof asked !== 'string' || asked.length > 2000) return home;
  const plain = /^\/console(\/[\w.~!$&'()*+,;=:@%/-]*)?(\?[\w.~!$&'()*+,;=:@%/?-]*)?$/.test(asked);
  return plain && !/(^|\/)(\.|%2e){1,2}(\/|\?|$)/i.test(asked) && !asked.startsWith('/console/api/')
    ? asked
    : home;
}
