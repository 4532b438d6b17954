import { Body, Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { networkOf, Open } from '#service-host';
import { ReturnedAuthLoginDto } from '../answers/people.js';
import { Refusal } from '../domain/errors.js';
import type { Caller } from '../domain/access.js';
import { CurrentCaller, type RequestWithCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { AuthenticationService } from './authentication.service.js';
import type { LoginAnswer } from '../accounts/token.service.js';
import { CredentialsDto } from './credentials.dto.js';
import { SignInLimits } from './sign-in-limits.js';
import { SignOut, type SignOutAnswer } from './sign-out.js';

type Credentials = { username?: unknown; password?: unknown } | undefined;

@Open('signing in is how one becomes known; the rest tells a caller about themselves')
@Area('auth')
@Controller({ path: 'auth', version: '3' })
export class AuthController {
  constructor(
    private readonly authentication: AuthenticationService,
    private readonly limits: SignInLimits,
    private readonly signOut: SignOut,
  ) {}

  @Post('login')
  @Operation('authControllerLoginV3', { body: CredentialsDto, answer: ReturnedAuthLoginDto })
  login(@Body() body: Credentials, @Req() request: RequestWithCaller): Promise<LoginAnswer> {
    return this.signIn(body, request, (name, password) => this.authentication.login(name, password));
  }

  @Post('ldap')
  @Operation('authControllerLdapLoginV3', { body: CredentialsDto, answer: ReturnedAuthLoginDto })
  ldap(@Body() body: Credentials, @Req() request: RequestWithCaller): Promise<LoginAnswer> {
    return this.signInWithDirectory(body, request);
  }

  @Post('msad')
  @Operation('authControllerMsadLoginV3', { body: CredentialsDto, answer: ReturnedAuthLoginDto })
  msad(@Body() body: Credentials, @Req() request: RequestWithCaller): Promise<LoginAnswer> {
    return this.signInWithDirectory(body, request);
  }

  @Get('whoami')
  @Operation('authControllerWhoamiV3')
  whoami(@CurrentCaller() caller: Caller | undefined): Caller | undefined {
    return caller;
  }

  @Post('logout')
  @HttpCode(200)
  @Operation('authControllerLogoutV3')
  logout(@Req() request: RequestWithCaller): Promise<SignOutAnswer> {
    return this.signOut.of(request);
  }

  private signInWithDirectory(body: Credentials, request: RequestWithCaller): Promise<LoginAnswer> {
    return this.signIn(body, request, (name, password) =>
      this.authentication.loginWithDirectory(name, password),
    );
  }

  private async signIn(
    body: Credentials,
    request: RequestWithCaller,
    verify: (name: string, password: string) => Promise<LoginAnswer | undefined>,
  ): Promise<LoginAnswer> {
    const { username, password } = body ?? {};
    const answer =
      typeof username === 'string' && typeof password === 'string' && username !== '' && password !== ''
        ? await this.limits.guard(username, networkOf(request.ip), () => verify(username, password))
        : undefined;
    if (answer === undefined)
      throw new Refusal(401, 'Unauthorized', { message: 'Unauthorized', statusCode: 401 });
    return answer;
  }
}
