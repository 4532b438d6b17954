import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { Refusal } from '../domain/errors.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { signedIn } from '../http/gates.js';
import { Catalogue } from '../persistence/catalogue.js';
import { idForms } from '../persistence/user-ids.js';
import { AuthenticationService, type LoginAnswer } from './authentication.service.js';

@Controller({ path: 'auth', version: '3' })
export class AuthController {
  constructor(private readonly authentication: AuthenticationService) {}

  @Post('login')
  async login(@Body() body: { username?: unknown; password?: unknown } | undefined): Promise<LoginAnswer> {
    const { username, password } = body ?? {};
    const answer =
      typeof username === 'string' && typeof password === 'string'
        ? await this.authentication.login(username, password)
        : undefined;
    if (answer === undefined)
      throw new Refusal(401, 'Unauthorized', { message: 'Unauthorized', statusCode: 401 });
    return answer;
  }

  @Get('whoami')
  whoami(@CurrentCaller() caller: Caller | undefined): Caller | undefined {
    return caller;
  }

  @Post('logout')
  @HttpCode(200)
  logout(@CurrentCaller() caller: Caller | undefined): { logout: 'successful' } {
    if (caller === undefined) throw new Refusal(401, 'Not logged in', 'Not logged in');
    return { logout: 'successful' };
  }
}

/** The few user calls that ingestors and command lines make. */
@Controller({ path: 'users', version: '3' })
export class UsersController {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
  ) {}

  @Get('my/self')
  self(@CurrentCaller() caller: Caller | undefined): Promise<object | undefined> {
    return this.user(signedIn(caller)._id);
  }

  @Get('my/identity')
  identity(@CurrentCaller() caller: Caller | undefined): Promise<object | undefined> {
    return this.identityOf(signedIn(caller)._id);
  }

  @Get(':id')
  async byId(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
  ): Promise<object | undefined> {
    this.admit(signedIn(caller), id);
    return this.user(id);
  }

  @Get(':id/userIdentity')
  async identityById(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
  ): Promise<object | undefined> {
    this.admit(signedIn(caller), id);
    return this.identityOf(id);
  }

  private admit(caller: Caller, id: string): void {
    if (caller._id !== id && !this.rules.isAdmin(caller))
      throw new Refusal(403, 'Access Forbidden or Unauthorized');
  }

  private async user(id: string): Promise<object | undefined> {
    const user = await this.catalogue.users.findOne(
      { _id: { $in: idForms(id) } },
      { projection: { password: 0 } },
    );
    return user === null ? undefined : { ...user, id: String(user._id) };
  }

  private async identityOf(id: string): Promise<object | undefined> {
    return (
      (await this.catalogue.other('UserIdentity').findOne({ userId: { $in: idForms(id) } })) ?? undefined
    );
  }
}
