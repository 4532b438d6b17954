import { Controller, Get, Param, Query } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { gate, signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { Logbooks, type Logbook } from './logbooks.service.js';

@Area('logbooks')
@Controller({ path: 'logbooks', version: '3' })
export class LogbooksController {
  constructor(private readonly logbooks: Logbooks) {}

  @Get()
  @Operation('logbooksControllerFindAllV3', { answer: ['Logbook'] })
  findAll(@CurrentCaller() caller: Caller | undefined): Promise<Logbook[]> {
    gate(caller !== undefined);
    return this.logbooks.visibleTo(signedIn(caller));
  }

  @Get(':name')
  @Operation('logbooksControllerFindByNameV3', { answer: 'Logbook' })
  findByName(
    @CurrentCaller() caller: Caller | undefined,
    @Param('name') name: string,
    @Query('filters') filters: unknown,
  ): Promise<Logbook | undefined> {
    gate(caller !== undefined);
    return this.logbooks.visibleByName(signedIn(caller), name, filters);
  }
}
