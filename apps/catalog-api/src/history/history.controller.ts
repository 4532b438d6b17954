import { Controller, Get, Param, Query } from '@nestjs/common';
import { accessTable } from '../domain/access-table.js';
import type { Caller } from '../domain/access.js';
import { Admits } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { historyCondition, HistoryQueries, type HistoryPage } from './history.service.js';

@Admits(accessTable.histories.read, { anonymous: 401 })
@Area('history')
@Controller({ path: 'history', version: '3' })
export class HistoryController {
  constructor(private readonly history: HistoryQueries) {}

  @Get()
  @Operation('historyControllerFindHistoryV3')
  find(
    @SignedInCaller() caller: Caller,
    @Query('filter') filter: unknown,
    @Query('skip') skip: unknown,
    @Query('limit') limit: unknown,
  ): Promise<HistoryPage> {
    return this.history.page(caller, historyCondition(filter), { skip, limit });
  }

  @Get('count')
  @Operation('historyControllerCountHistoryV3')
  async count(
    @SignedInCaller() caller: Caller,
    @Query('filter') filter: unknown,
  ): Promise<{ count: number }> {
    return { count: await this.history.count(caller, historyCondition(filter)) };
  }

  @Get('collection/:subsystem')
  @Operation('historyControllerGetHistoryByCollectionV3')
  byCollection(
    @SignedInCaller() caller: Caller,
    @Param('subsystem') subsystem: string,
    @Query('skip') skip: unknown,
    @Query('limit') limit: unknown,
  ): Promise<HistoryPage> {
    const name = this.history.admitTo(caller, subsystem);
    return this.history.page(caller, { subsystem: name }, { skip, limit });
  }
}
