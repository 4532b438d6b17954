import { Body, Controller, Delete, Get, Param, Patch, Post, Put } from '@nestjs/common';
import { UserSettings } from '../answers/people.js';
import { BadRequest } from '../domain/errors.js';
import type { Caller } from '../domain/access.js';
import { SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { SelfOrAdmin } from './self-or-admin.decorator.js';
import { CreateUserSettingsDto, PartialUpdateUserSettingsDto } from './user.dto.js';
import {
  UserSettings as SettingsOfPeople,
  type SettingsDocument,
} from '../accounts/user-settings.service.js';

const maxExternalKeys = 500;

@Area('users')
@Controller({ path: 'users', version: '3' })
export class UserSettingsController {
  constructor(private readonly settings: SettingsOfPeople) {}

  @SignedIn({ anonymous: 401 })
  @Get('my/settings')
  @Operation('usersControllerGetMySettingsV3', { answer: UserSettings, mayBeEmpty: true })
  mine(@SignedInCaller() caller: Caller): Promise<SettingsDocument | undefined> {
    return this.settings.of(caller._id);
  }

  @SelfOrAdmin()
  @Post(':id/settings')
  @Operation('usersControllerCreateSettingsV3', { answer: UserSettings })
  async create(@Param('id') id: string, @Body() dto: CreateUserSettingsDto): Promise<SettingsDocument> {
    return this.write(id, dto);
  }

  @SelfOrAdmin()
  @Get(':id/settings')
  @Operation('usersControllerGetSettingsV3', { answer: UserSettings, mayBeEmpty: true })
  async get(@Param('id') id: string): Promise<SettingsDocument | undefined> {
    return this.settings.of(id);
  }

  @SelfOrAdmin()
  @Put(':id/settings')
  @Operation('usersControllerUpdateSettingsV3', { answer: UserSettings })
  async put(@Param('id') id: string, @Body() dto: PartialUpdateUserSettingsDto): Promise<SettingsDocument> {
    return this.write(id, dto);
  }

  @SelfOrAdmin()
  @Patch(':id/settings')
  @Operation('usersControllerPatchSettingsV3', { answer: UserSettings })
  async patch(@Param('id') id: string, @Body() dto: PartialUpdateUserSettingsDto): Promise<SettingsDocument> {
    return this.write(id, dto);
  }

  /** Each key is set for itself: two browser windows do not overwrite each other's tables. */
  @SelfOrAdmin()
  @Patch(':id/settings/external')
  @Operation('usersControllerPatchExternalSettingsV3', { answer: UserSettings })
  async patchExternal(@Param('id') id: string, @Body() body: unknown): Promise<SettingsDocument> {
    const keys = checkedKeys(body);
    return this.settings.set(
      id,
      Object.fromEntries(keys.map(([key, value]) => [`externalSettings.${key}`, value])),
    );
  }

  @SelfOrAdmin()
  @Delete(':id/settings')
  @Operation('usersControllerRemoveSettingsV3', { answer: UserSettings, mayBeEmpty: true })
  async remove(@Param('id') id: string): Promise<SettingsDocument | undefined> {
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
  if (entries.length > maxExternalKeys)
    throw new BadRequest(
      `External settings have ${entries.length} keys, at most ${maxExternalKeys} are allowed.`,
    );
  const odd = entries.find(([key]) => !/^[\w-][\w -]*$/.test(key) || key === '__proto__');
  if (odd !== undefined)
    throw new BadRequest(
      `External settings have the key ${JSON.stringify(odd[0])}: use letters, digits, spaces, _ and -.`,
    );
  return entries;
}
