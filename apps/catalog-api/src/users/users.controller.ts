import { Body, Controller, Get, HttpCode, Param, Patch, Post, Req } from '@nestjs/common';
import { AuthenticationService } from '../authentication/authentication.service.js';
import { CredentialsDto } from '../authentication/credentials.dto.js';
import { RequestSessions } from '../authentication/request-sessions.js';
import { SignInLimits } from '../authentication/sign-in-limits.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import { CurrentCaller, type RequestWithCaller } from '../http/caller.decorator.js';
import { signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
import { onlyAdmin, selfOrAdmin } from './user-gates.js';
import { UserDirectory } from './user-directory.service.js';
import { AdminUpdateUserPasswordDto, UpdateUserPasswordDto } from './user.dto.js';
import type { UserView } from './user-views.js';

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

  @Get()
  @Operation('usersControllerFindAllV3', { answer: ['ReturnedUserDto'] })
  async findAll(@CurrentCaller() caller: Caller | undefined): Promise<UserView[]> {
    const somebody = signedIn(caller);
    if (this.rules.admits(accessTable.user.manage, somebody)) return this.directory.all();
    const self = await this.directory.byId(somebody._id);
    return self === undefined ? [] : [self];
  }

  /** Deprecated: says by its status whether the password is right, and answers nothing. */
  @Post('login')
  @Operation('usersControllerLoginV3', { body: CredentialsDto })
  async login(
    @Body() body: { username?: unknown; password?: unknown } | undefined,
    @Req() request: RequestWithCaller,
  ): Promise<void> {
    const { username, password } = body ?? {};
    const isRight =
      typeof username === 'string' && typeof password === 'string'
        ? await this.limits.guard(username, request.ip, () =>
            this.authentication.verifies(username, password),
          )
        : undefined;
    if (isRight === undefined)
      throw new Refusal(401, 'Unauthorized', { message: 'Unauthorized', statusCode: 401 });
  }

  @Post('password')
  @HttpCode(200)
  @Operation('usersControllerUpdateOwnPasswordV3', {
    body: UpdateUserPasswordDto,
    answer: 'PasswordUpdateResponse',
  })
  async changeOwnPassword(
    @CurrentCaller() caller: Caller | undefined,
    @Body() body: unknown,
    @Req() request: RequestWithCaller,
  ): Promise<Message> {
    const { _id, username } = signedIn(caller);
    const { currentPassword, ...wanted } = validateBody(UpdateUserPasswordDto, body);
    const { digest } = this.sessions.of(request);
    await this.limits.guardAddress(`${request.ip} password of ${username}`, () =>
      this.directory.changeOwnPassword(_id, currentPassword, wanted, digest),
    );
    return { message: 'Password updated successfully' };
  }

  @Get('my/self')
  @Operation('usersControllerGetMyUserV3', { answer: 'ReturnedUserDto' })
  self(@CurrentCaller() caller: Caller | undefined): Promise<UserView | undefined> {
    return this.directory.byId(signedIn(caller)._id);
  }

  @Get('my/identity')
  @Operation('usersControllerGetMyUserIdentityV3', { answer: 'UserIdentity' })
  identity(@CurrentCaller() caller: Caller | undefined): Promise<object | undefined> {
    return this.directory.identityOf(signedIn(caller)._id);
  }

  @Get(':id')
  @Operation('usersControllerFindByIdV3', { answer: 'ReturnedUserDto' })
  async byId(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
  ): Promise<UserView | undefined> {
    selfOrAdmin(this.rules, caller, id);
    return this.directory.byId(id);
  }

  @Patch(':id/password')
  @Operation('usersControllerUpdateUserPasswordV3', {
    body: AdminUpdateUserPasswordDto,
    answer: 'PasswordUpdateResponse',
  })
  async changePassword(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<Message> {
    onlyAdmin(this.rules, caller);
    await this.directory.changePassword(id, validateBody(AdminUpdateUserPasswordDto, body));
    return { message: `Password updated successfully for userId: ${id}` };
  }

  @Get(':id/userIdentity')
  @Operation('usersControllerGetUserIdentityV3', { answer: 'UserIdentity' })
  async identityById(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
  ): Promise<object | undefined> {
    selfOrAdmin(this.rules, caller, id);
    return this.directory.identityOf(id);
  }

  @Get(':id/authorization/dataset/create')
  @Operation('usersControllerCanUserCreateDatasetV3')
  mayCreateDatasets(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
  ): Promise<{ authorization: boolean }> {
    selfOrAdmin(this.rules, caller, id);
    return this.directory.mayCreateDatasets(id);
  }
}
