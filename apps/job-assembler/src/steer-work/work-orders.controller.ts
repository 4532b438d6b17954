import { Controller, Get, Query } from '@nestjs/common';
import type { Page } from '#console-api';
import { PermanentError } from '#kernel';
import { notPossible } from '#operations';
import { limitIn, Operators, queryOf } from '#service-host';
import { WorkFigures, type OrderRow } from '../aggregates/work-figures.js';
import { workOrderSteps } from '../domain/states.js';

/** Work orders, page by page. */
@Operators()
@Controller({ path: 'operations/work-orders', version: '4' })
export class WorkOrdersController {
  constructor(private readonly figures: WorkFigures) {}

  /** Newest first. */
  @Get()
  list(@Query() query: Record<string, unknown>): Promise<Page<OrderRow>> {
    const { state, after, limit, ...others } = queryOf(query, [
      ...(['state', 'target', 'group', 'jobId', 'after', 'limit'] as const),
    ]);
    const states = Object.keys(workOrderSteps) as (keyof typeof workOrderSteps)[];
    const known = states.find((one) => one === state);
    if (state !== undefined && known === undefined)
      throw new PermanentError(
        notPossible,
        `Expected a state of ${states.join(', ')}, found ${JSON.stringify(state).slice(0, 100)}.`,
      );
    const filter = { ...others, ...(known === undefined ? {} : { state: known }) };
    return this.figures.page(filter, after, limitIn(limit));
  }
}
