import { Controller, Get, Param, Query } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { historyCondition, HistoryQueries, type HistoryPage } from './history.service.js';

@Area('history')
@Controller({ path: 'history', version: '3' })
export class HistoryController {
  constructor(private readonly history: HistoryQueries) {}

  @Get()
  @Operation('historyControllerFindHistoryV3')
  find(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
    @Query('skip') skip: unknown,
    @Query('limit') limit: unknown,
  ): Promise<HistoryPage> {
    const somebody = this.reader(caller);
    return this.history.page(somebody, historyCondition(filter), { skip, limit });
  }

  @Get('count')
  @Operation('historyControllerCountHistoryV3')
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<{ count: number }> {
    const somebody = this.reader(caller);
    return { count: await this.history.count(somebody, historyCondition(filter)) };
  }

  @Get('collection/:subsystem')
  @Operation('historyControllerGetHistoryByCollectionV3')
  byCollection(
    @CurrentCaller() caller: Caller | undefined,
    @Param('subsystem') subsystem: string,
    @Query('skip') skip: unknown,
    @Query('limit') limit: unknown,
  ): Promise<HistoryPage> {
    const somebody = this.reader(caller);
    const name = this.history.admitTo(somebody, subsystem);
    return this.history.page(somebody, { subsystem: name }, { skip, limit });
  }

  private reader(caller: Caller | undefined): Caller {
    const somebody = signedIn(caller);
    this.history.admit(somebody);
    return somebody;
  }
}
