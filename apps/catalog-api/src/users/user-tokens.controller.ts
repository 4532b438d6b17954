import { Body, Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import { Open } from '#service-host';
import { CreateUserJWT } from '../answers/people.js';
import { SignOut, type SignOutAnswer } from '../sign-in/sign-out.js';
import { TokenService } from '../accounts/token.service.js';
import { accessTable } from '../domain/access-table.js';
import type { Caller } from '../domain/access.js';
import { Admits } from '../http/admits.decorator.js';
import { CurrentCaller, type RequestWithCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { UserDirectory } from './user-directory.service.js';
import { CreateCustomJwt } from './user.dto.js';

/** Tokens beside those of a sign-in, and the end of a session. */
@Area('users')
@Controller({ path: 'users', version: '3' })
export class UserTokensController {
  constructor(
    private readonly directory: UserDirectory,
    private readonly tokens: TokenService,
    private readonly signOut: SignOut,
  ) {}

  /** A token for side services: it says who a user is and which groups they are in, and opens no session here. */
  @Open('anonymous callers get a token that says anonymous')
  @Post('jwt')
  @Operation('usersControllerGetUserJWTV3', { answer: CreateUserJWT })
  sideToken(@CurrentCaller() caller: Caller | undefined): { jwt: string } {
    const payload =
      caller === undefined
        ? { username: 'anonymous', groups: ['public'] }
        : { username: caller._id, groups: caller.currentGroups };
    return { jwt: this.tokens.sign(payload) };
  }

  @Open('ends the session of the request, if it has one')
  @Post('logout')
  @HttpCode(200)
  @Operation('usersControllerLogoutV3')
  logout(@Req() request: RequestWithCaller): Promise<SignOutAnswer> {
    return this.signOut.of(request);
  }

  /** A sign-in token for another user; it lasts as long as `expiresIn` says and can be signed out like any other. */
  @Admits(accessTable.user.manage, { anonymous: 401 })
  @Post(':id/jwt')
  @Operation('usersControllerCreateCustomJWTV3', { answer: CreateUserJWT, mayBeEmpty: true })
  async customToken(
    @Param('id') id: string,
    @Body() { expiresIn }: CreateCustomJwt,
  ): Promise<{ jwt: string } | undefined> {
    const jwt = await this.directory.tokenFor(id, expiresIn);
    return jwt === undefined ? undefined : { jwt };
  }
}
