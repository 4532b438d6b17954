import { Controller, Get, Param, Query } from '@nestjs/common';
import { Logbook } from '../answers/common.js';
import type { Caller } from '../domain/access.js';
import { SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { Logbooks } from './logbooks.service.js';

@SignedIn()
@Area('logbooks')
@Controller({ path: 'logbooks', version: '3' })
export class LogbooksController {
  constructor(private readonly logbooks: Logbooks) {}

  @Get()
  @Operation('logbooksControllerFindAllV3', { answer: [Logbook] })
  findAll(@SignedInCaller() caller: Caller): Promise<Logbook[]> {
    return this.logbooks.visibleTo(caller);
  }

  @Get(':name')
  @Operation('logbooksControllerFindByNameV3', { answer: Logbook, mayBeEmpty: true })
  findByName(
    @SignedInCaller() caller: Caller,
    @Param('name') name: string,
    @Query('filters') filters: unknown,
  ): Promise<Logbook | undefined> {
    return this.logbooks.visibleByName(caller, name, filters);
  }
}
