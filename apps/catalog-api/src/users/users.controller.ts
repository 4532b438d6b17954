import { Body, Controller, Get, HttpCode, Param, Patch, Post, Req } from '@nestjs/common';
import { networkOf, Open } from '#service-host';
import { PasswordUpdateResponse, ReturnedUserDto, UserIdentity } from '../answers/people.js';
import { AuthenticationService } from '../sign-in/authentication.service.js';
import { CredentialsDto } from '../sign-in/credentials.dto.js';
import { RequestSessions } from '../accounts/request-sessions.js';
import { SignInLimits } from '../sign-in/sign-in-limits.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import { Admits, SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller, type RequestWithCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { SelfOrAdmin } from './self-or-admin.decorator.js';
import { UserDirectory } from './user-directory.service.js';
import { AdminUpdateUserPasswordDto, UpdateUserPasswordDto } from './user.dto.js';
import type { UserAnswer } from '../accounts/user-answers.js';

interface Message {
  readonly message: string;
}

@Area('users')
@Controller({ path: 'users', version: '3' })
export class UsersController {
  constructor(
    private readonly directory: UserDirectory,
    private readonly authentication: AuthenticationService,
    private readonly limits: SignInLimits,
    private readonly rules: AccessRules,
    private readonly sessions: RequestSessions,
  ) {}

  @SignedIn({ anonymous: 401 })
  @Get()
  @Operation('usersControllerFindAllV3', { answer: [ReturnedUserDto] })
  async findAll(@SignedInCaller() caller: Caller): Promise<UserAnswer[]> {
    if (this.rules.admits(accessTable.user.manage, caller)) return this.directory.all();
    const self = await this.directory.byId(caller._id);
    return self === undefined ? [] : [self];
  }

  /** Deprecated: says by its status whether the password is right, and answers nothing. */
  @Open('signing in is how one becomes known')
  @Post('login')
  @Operation('usersControllerLoginV3', { body: CredentialsDto })
  async login(
    @Body() body: { username?: unknown; password?: unknown } | undefined,
    @Req() request: RequestWithCaller,
  ): Promise<void> {
    const { username, password } = body ?? {};
    const isRight =
      typeof username === 'string' && typeof password === 'string'
        ? await this.limits.guard(username, networkOf(request.ip), () =>
            this.authentication.verifies(username, password),
          )
        : undefined;
    if (isRight === undefined)
      throw new Refusal(401, 'Unauthorized', { message: 'Unauthorized', statusCode: 401 });
  }

  @SignedIn({ anonymous: 401 })
  @Post('password')
  @HttpCode(200)
  @Operation('usersControllerUpdateOwnPasswordV3', { answer: PasswordUpdateResponse })
  async changeOwnPassword(
    @SignedInCaller() caller: Caller,
    @Body() { currentPassword, ...wanted }: UpdateUserPasswordDto,
    @Req() request: RequestWithCaller,
  ): Promise<Message> {
    const { _id, username } = caller;
    const { digest } = this.sessions.of(request);
    await this.limits.guardAddress(`${networkOf(request.ip)} password of ${username}`, () =>
      this.directory.changeOwnPassword(_id, currentPassword, wanted, digest),
    );
    return { message: 'Password updated successfully' };
  }

  @SignedIn({ anonymous: 401 })
  @Get('my/self')
  @Operation('usersControllerGetMyUserV3', { answer: ReturnedUserDto, mayBeEmpty: true })
  self(@SignedInCaller() caller: Caller): Promise<UserAnswer | undefined> {
    return this.directory.byId(caller._id);
  }

  @SignedIn({ anonymous: 401 })
  @Get('my/identity')
  @Operation('usersControllerGetMyUserIdentityV3', { answer: UserIdentity, mayBeEmpty: true })
  identity(@SignedInCaller() caller: Caller): Promise<object | undefined> {
    return this.directory.identityOf(caller._id);
  }

  @SelfOrAdmin()
  @Get(':id')
  @Operation('usersControllerFindByIdV3', { answer: ReturnedUserDto, mayBeEmpty: true })
  async byId(@Param('id') id: string): Promise<UserAnswer | undefined> {
    return this.directory.byId(id);
  }

  @Admits(accessTable.user.manage, { anonymous: 401 })
  @Patch(':id/password')
  @Operation('usersControllerUpdateUserPasswordV3', { answer: PasswordUpdateResponse })
  async changePassword(@Param('id') id: string, @Body() dto: AdminUpdateUserPasswordDto): Promise<Message> {
    await this.directory.changePassword(id, dto);
    return { message: `Password updated successfully for userId: ${id}` };
  }

  @SelfOrAdmin()
  @Get(':id/userIdentity')
  @Operation('usersControllerGetUserIdentityV3', { answer: UserIdentity, mayBeEmpty: true })
  async identityById(@Param('id') id: string): Promise<object | undefined> {
    return this.directory.identityOf(id);
  }

  @SelfOrAdmin()
  @Get(':id/authorization/dataset/create')
  @Operation('usersControllerCanUserCreateDatasetV3')
  mayCreateDatasets(@Param('id') id: string): Promise<{ authorization: boolean }> {
    return this.directory.mayCreateDatasets(id);
  }
}
