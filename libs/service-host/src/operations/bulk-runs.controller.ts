import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { Page } from '#console-api';
import { BulkRuns, OperatorActions, type BulkRun, type Operator } from '#operations';
import { Operators } from '../endpoint-rule.decorator.js';
import { ActingOperator } from './acting-operator.decorator.js';
import { bodyOf, limitIn, queryOf, reasonIn } from './query.js';

/** Actions on many things: how far they are, and their end before time. */
@Operators()
@Controller({ path: 'operations/bulk-runs', version: '4' })
export class BulkRunsController {
  constructor(
    private readonly runs: BulkRuns,
    private readonly actions: OperatorActions,
  ) {}

  /** Newest first. */
  @Get()
  list(@Query() query: Record<string, unknown>): Promise<Page<BulkRun>> {
    const { after, limit } = queryOf(query, ['after', 'limit']);
    return this.runs.list(after, limitIn(limit));
  }

  @Get(':id')
  one(@Param('id') id: string): Promise<BulkRun> {
    return this.runs.find(id);
  }

  /** At once: what was done stays done. */
  @Post(':id/stop')
  @HttpCode(200)
  async stop(
    @Param('id') id: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<BulkRun> {
    const reason = reasonIn(bodyOf(body, ['reason']).reason);
    const { kind } = await this.runs.find(id);
    await this.actions.perform(
      operator,
      { action: 'bulk.stop', subject: `bulk-run/${id}`, reason },
      async (entry) => {
        const { done, skipped, failed, left } = await this.runs.stop(id, operator.name, reason, entry);
        return {
          before: { state: 'running' },
          after: { state: 'stopped', kind, done, skipped, failed, left },
        };
      },
    );
    return this.runs.find(id);
  }
}
