import { Body, Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { noteSignIn } from '../../counters/catalog-counters.js';
import { networkOf, Open } from '#service-host';
import { CommandLineClient, ReturnedAuthLoginDto } from '../../answers/people.js';
import { AuthenticationService } from '../authentication.service.js';
import type { LoginAnswer } from '../../accounts/token.service.js';
import { SignInLimits } from '../sign-in-limits.js';
import { Refusal } from '../../domain/errors.js';
import type { RequestWithCaller } from '../../http/caller.decorator.js';
import { Area, Operation } from '../../http/operation.decorator.js';
import type { OidcFrontend } from '../../identity.config.js';
import { personFrom } from './oidc-person.js';
import { IdTokenDto, RedeemedCodeDto } from './oidc.dto.js';
import { OidcProvider } from './oidc-provider.js';
import { challengePattern, SignInCodes } from './sign-in-codes.js';
import { SignInCookie, type WantedCode } from './sign-in-cookie.js';

/** Sign-in through the facility's identity provider. */
@Open('signing in is how one becomes known')
@Area('auth')
@Controller({ path: 'auth/oidc', version: '3' })
export class OidcController {
  constructor(
    private readonly provider: OidcProvider,
    private readonly cookie: SignInCookie,
    private readonly authentication: AuthenticationService,
    private readonly limits: SignInLimits,
    private readonly codes: SignInCodes,
  ) {}

  @Get()
  @Operation('authControllerOidcLoginV3', {
    query: {
      client: 'Which frontend asks; `scicat` without it.',
      returnUrl: 'Where the frontend goes on after the sign-in: a path of the frontend.',
      response:
        '`code`: the browser comes back with a code in place of the token, for POST /auth/oidc/redeem.',
      challenge:
        'With `response=code`: the SHA-256 of a random text, in base64url, which is sent to redeem the code.',
      state: 'With `response=code`: comes back unchanged.',
    },
  })
  async begin(
    @Query('client') client: unknown,
    @Query('returnUrl') returnUrl: unknown,
    @Query('response') response: unknown,
    @Query('challenge') challenge: unknown,
    @Query('state') state: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const name = typeof client === 'string' && client !== '' ? client : 'scicat';
    const frontend = this.frontend(name);
    const back = checkedReturn(returnUrl, frontend);
    const code = wantedCode(frontend, { response, challenge, state });
    const { address, secrets } = await this.provider.begin();
    const cookie = await this.cookie.seal({ secrets, client: name, returnUrl: back, ...(code && { code }) });
    await reply.header('set-cookie', cookie).header('cache-control', 'no-store').redirect(address, 302);
  }

  @Get('callback')
  @Operation('authControllerLoginCallbackV3')
  async callback(
    @Query('state') state: unknown,
    @Req() request: RequestWithCaller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const underWay =
      typeof state === 'string' ? await this.cookie.open(request.headers.cookie, state) : undefined;
    if (underWay === undefined) {
      noteSignIn({ strategy: 'oidc', outcome: 'refused' });
      throw new Refusal(401, 'This sign-in is unknown here or too old: begin again at /api/v3/auth/oidc.');
    }
    const query = request.url.slice(request.url.indexOf('?') + 1);
    const claims = await this.provider.finish(query, underWay.secrets);
    const user = await this.authentication.recognise(personFrom(claims, this.provider.settings));
    const target = new URL(this.frontend(underWay.client).successUrl);
    if (underWay.code === undefined) {
      const answer = this.authentication.sessionOf(user);
      target.searchParams.set('access-token', answer.access_token);
      target.searchParams.set('user-id', answer.userId);
    } else {
      const { challenge, state: given } = underWay.code;
      target.searchParams.set('code', await this.codes.issue(String(user._id), challenge));
      if (given !== undefined) target.searchParams.set('state', given);
    }
    if (underWay.returnUrl !== undefined) target.searchParams.set('returnUrl', underWay.returnUrl);
    await reply
      .header('set-cookie', this.cookie.clear(underWay.secrets.state))
      .header('cache-control', 'no-store')
      .redirect(target.href, 302);
  }

  @Get('command-line')
  @Operation('authControllerOidcCommandLineV3', { answer: CommandLineClient })
  commandLine(): CommandLineClient {
    return this.provider.commandLine;
  }

  @Post('token')
  @Operation('authControllerOidcTokenLoginV3', { answer: ReturnedAuthLoginDto, mayBeEmpty: true })
  async token(
    @Body() { idToken, accessToken }: IdTokenDto,
    @Req() request: RequestWithCaller,
  ): Promise<LoginAnswer | undefined> {
    const claims = await this.limits.guardAddress(networkOf(request.ip), () =>
      this.provider.claimsOf(idToken, accessToken),
    );
    return this.authentication.loginAs(personFrom(claims, this.provider.settings));
  }

  /** The token of a sign-in whose frontend has asked for a code. */
  @Post('redeem')
  @HttpCode(200)
  @Operation('authControllerOidcRedeemV3', { body: RedeemedCodeDto, answer: ReturnedAuthLoginDto })
  redeem(
    @Body() { code, verifier }: RedeemedCodeDto,
    @Req() request: RequestWithCaller,
  ): Promise<LoginAnswer> {
    return this.limits.guardAddress(networkOf(request.ip), async () => {
      const user = await this.codes.redeem(code, verifier);
      if (user === undefined)
        throw new Refusal(401, 'This code is unknown here, used or too old: begin the sign-in again.');
      return this.authentication.sessionOf(user);
    });
  }

  private frontend(name: string): OidcFrontend {
    const frontend = this.provider.settings.frontends.get(name);
    if (frontend === undefined)
      throw new Refusal(401, `Unknown client: OIDC_FRONTEND_CLIENTS does not name it.`);
    return frontend;
  }
}

/**
 * Where to go on after the sign-in, if the client may say so: the frontend follows the address, so one of another site
 * would lead a person away who trusts ours.
 *
 * @throws Refusal 400 for an address outside the frontend
 */
function checkedReturn(asked: unknown, { successUrl, returnUrl }: OidcFrontend): string | undefined {
  if (typeof asked !== 'string' || asked === '') return returnUrl;
  const allowed = [successUrl, returnUrl]
    .filter((url) => url !== undefined)
    .map((url) => originOf(url, successUrl));
  if (asked.length <= 2000 && allowed.includes(originOf(asked, successUrl))) return asked;
  throw new Refusal(400, 'returnUrl leads away from the frontend: give a path of it.');
}

/**
 * What a frontend with a server asks for in place of the token.
 *
 * @throws Refusal 400 when it asks in a way that nobody could redeem, or that its operator does not allow
 */
function wantedCode(
  { codesOnly }: OidcFrontend,
  { response, challenge, state }: Readonly<Record<'response' | 'challenge' | 'state', unknown>>,
): WantedCode | undefined {
  if (response !== undefined && response !== 'code' && response !== 'token')
    throw new Refusal(400, 'Expected response to be code or token, found something else.');
  if (response !== 'code') {
    if (codesOnly)
      throw new Refusal(400, 'This client gets codes only: ask with response=code and a challenge.');
    return undefined;
  }
  if (typeof challenge !== 'string' || !challengePattern.test(challenge))
    throw new Refusal(
      400,
      'Expected challenge to be a SHA-256 in base64url (43 characters), found something else.',
    );
  if (state !== undefined && (typeof state !== 'string' || !/^[\w-]{1,200}$/.test(state)))
    throw new Refusal(
      400,
      'Expected state to be 1 to 200 letters, digits, hyphens or underscores, found something else.',
    );
  return { challenge, state };
}

function originOf(url: string, base: string): string {
  return URL.canParse(url, base) ? new URL(url, base).origin : 'nowhere';
}
