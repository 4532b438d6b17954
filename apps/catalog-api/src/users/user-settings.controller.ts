import { Body, Controller, Delete, Get, Param, Patch, Post, Put } from '@nestjs/common';
import { BadRequest } from '../domain/errors.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
import { selfOrAdmin } from './user-gates.js';
import { CreateUserSettingsDto, PartialUpdateUserSettingsDto } from './user.dto.js';
import { UserSettings, type SettingsDocument } from './user-settings.service.js';

const mostExternalKeys = 500;

@Area('users')
@Controller({ path: 'users', version: '3' })
export class UserSettingsController {
  constructor(
    private readonly settings: UserSettings,
    private readonly rules: AccessRules,
  ) {}

  @Get('my/settings')
  @Operation('usersControllerGetMySettingsV3', { answer: 'UserSettings' })
  mine(@CurrentCaller() caller: Caller | undefined): Promise<SettingsDocument | undefined> {
    return this.settings.of(signedIn(caller)._id);
  }

  @Post(':id/settings')
  @Operation('usersControllerCreateSettingsV3', { body: CreateUserSettingsDto, answer: 'UserSettings' })
  async create(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<SettingsDocument> {
    selfOrAdmin(this.rules, caller, id);
    return this.write(id, validateBody(CreateUserSettingsDto, body));
  }

  @Get(':id/settings')
  @Operation('usersControllerGetSettingsV3', { answer: 'UserSettings' })
  async get(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
  ): Promise<SettingsDocument | undefined> {
    selfOrAdmin(this.rules, caller, id);
    return this.settings.of(id);
  }

  @Put(':id/settings')
  @Operation('usersControllerUpdateSettingsV3', {
    body: PartialUpdateUserSettingsDto,
    answer: 'UserSettings',
  })
  async put(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<SettingsDocument> {
    selfOrAdmin(this.rules, caller, id);
    return this.write(id, validateBody(PartialUpdateUserSettingsDto, body));
  }

  @Patch(':id/settings')
  @Operation('usersControllerPatchSettingsV3', { body: PartialUpdateUserSettingsDto, answer: 'UserSettings' })
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<SettingsDocument> {
    selfOrAdmin(this.rules, caller, id);
    return this.write(id, validateBody(PartialUpdateUserSettingsDto, body));
  }

  /** Each key is set for itself: two browser windows do not overwrite each other's tables. */
  @Patch(':id/settings/external')
  @Operation('usersControllerPatchExternalSettingsV3', { answer: 'UserSettings' })
  async patchExternal(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<SettingsDocument> {
    selfOrAdmin(this.rules, caller, id);
    const keys = checkedKeys(body);
    return this.settings.set(
      id,
      Object.fromEntries(keys.map(([key, value]) => [`externalSettings.${key}`, value])),
    );
  }

  @Delete(':id/settings')
  @Operation('usersControllerRemoveSettingsV3', { answer: 'UserSettings' })
  async remove(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
  ): Promise<SettingsDocument | undefined> {
    selfOrAdmin(this.rules, caller, id);
    return this.settings.remove(id);
  }

  /** The user of the path counts, whatever the body says: an own body never changes another's settings. */
  private write(
    id: string,
    { datasetCount, jobCount, externalSettings }: PartialUpdateUserSettingsDto,
  ): Promise<SettingsDocument> {
    if (externalSettings !== undefined) checkedKeys(externalSettings);
    return this.settings.set(id, { datasetCount, jobCount, externalSettings });
  }
}

function checkedKeys(body: unknown): [string, unknown][] {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new BadRequest('External settings must be a JSON object.');
  const entries = Object.entries(body);
  if (entries.length > mostExternalKeys)
    throw new BadRequest(
      `External settings have ${entries.length} keys, at most ${mostExternalKeys} are allowed.`,
    );
  const odd = entries.find(([key]) => !/^[\w-][\w -]*$/.test(key) || key === '__proto__');
  if (odd !== undefined)
    throw new BadRequest(
      `External settings have the key ${JSON.stringify(odd[0])}: use letters, digits, spaces, _ and -.`,
    );
  return entries;
}
