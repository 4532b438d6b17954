import { Body, Controller, Get, HttpCode, Param, Post, Query, type OnModuleInit } from '@nestjs/common';
import type { Page } from '#console-api';
import { OperatorActions, type Operator } from '#operations';
import { ActingOperator, behindSlash, bodyOf, limitIn, Operators, queryOf, reasonIn } from '#service-host';
import { WorkRunner } from '../run-work/work-runner.js';
import type { WorkView } from '../persistence/operators/work-view.js';
import { WorksList } from '../persistence/operators/works-list.js';

const names = ['state', 'jobId', 'share', 'after', 'limit'] as const;

/** What is under way here, how far it is, and why it waits. Ids hold slashes: they are percent-encoded in a path. */
@Operators()
@Controller({ path: 'operations/works', version: '4' })
export class WorksController implements OnModuleInit {
  constructor(
    private readonly works: WorksList,
    private readonly runner: WorkRunner,
    private readonly actions: OperatorActions,
  ) {}

  onModuleInit(): void {
    this.actions.addWitness('part.try-now', async ({ _id, subject }) => {
      const at = await this.works.hurriedUnder(behindSlash(subject), _id);
      return at && { after: { dueAt: at.toISOString() } };
    });
  }

  /** Open ones unless `state` is `done`, `failed` or `cancelled`. */
  @Get()
  list(@Query() query: Record<string, unknown>): Promise<Page<WorkView>> {
    const { limit, ...filter } = queryOf(query, names);
    return this.works.page({ ...filter, limit: limitIn(limit) });
  }

  @Get(':id')
  one(@Param('id') id: string): Promise<WorkView> {
    return this.works.find(id);
  }

  /** What waits is tried at once, instead of at its next time. */
  @Post(':id/try-now')
  @HttpCode(200)
  async tryNow(
    @Param('id') id: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<WorkView> {
    const { reason } = bodyOf(body, ['reason']);
    const { jobId } = await this.works.find(id);
    const wish = {
      ...{ action: 'part.try-now' as const, subject: `work/${id}`, jobId },
      ...(reason === undefined ? {} : { reason: reasonIn(reason) }),
    };
    await this.actions.perform(operator, wish, async (entry) => {
      const { before } = await this.works.tryNow(id, { by: operator.name, entry });
      return { before: { dueAt: before.toISOString() }, after: { dueAt: 'now' } };
    });
    this.runner.wake();
    return this.works.find(id);
  }
}
