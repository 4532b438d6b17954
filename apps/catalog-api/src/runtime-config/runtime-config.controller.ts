import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { IsObject } from 'class-validator';
import { OutputRuntimeConfigDto } from '../answers/records.js';
import { accessTable } from '../domain/access-table.js';
import type { Caller } from '../domain/access.js';
import { Admits } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
import { RuntimeConfigs, type RuntimeConfigDocument } from './runtime-config.service.js';

class UpdateRuntimeConfigDto {
  @IsObject() data: Record<string, unknown>;
}

@Area('runtime configurations')
@Controller({ path: 'runtime-config', version: '3' })
export class RuntimeConfigController {
  constructor(private readonly configs: RuntimeConfigs) {}

  @Admits(accessTable.runtimeConfig.read)
  @Get(':id')
  @Operation('runtimeConfigControllerGetConfigV3', { answer: OutputRuntimeConfigDto })
  get(@Param('id') id: string): Promise<RuntimeConfigDocument> {
    return this.configs.get(id);
  }

  @Admits(accessTable.runtimeConfig.write)
  @Put(':id')
  @Operation('runtimeConfigControllerUpdateConfigV3', {
    body: UpdateRuntimeConfigDto,
    answer: OutputRuntimeConfigDto,
  })
  update(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<RuntimeConfigDocument> {
    const { data } = validateBody(UpdateRuntimeConfigDto, withoutTheRest(body));
    return this.configs.update(id, data, caller.username);
  }
}

/** What the frontend asks for before anybody signs in. */
@Admits(accessTable.runtimeConfig.read)
@Area('admin')
@Controller({ path: 'admin', version: '3' })
export class AdminController {
  constructor(private readonly configs: RuntimeConfigs) {}

  @Get('config')
  @Operation('adminControllerGetConfigV3')
  async config(): Promise<object> {
    return (await this.configs.get('frontendConfig')).data;
  }

  @Get('theme')
  @Operation('adminControllerGetThemeV3')
  async theme(): Promise<object> {
    return (await this.configs.get('frontendTheme')).data;
  }
}

/** Clients send back the whole document that they read. */
function withoutTheRest(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'data' in body ? { data: body.data } : body;
}
