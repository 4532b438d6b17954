import { Body, Controller, Get, HttpCode, Param, Post, Query, type OnModuleInit } from '@nestjs/common';
import type { Page } from '#console-api';
import { Clock, PermanentError } from '#kernel';
import { notPossible, OperatorActions, type Operator } from '#operations';
import { ActingOperator, behindSlash, bodyOf, limitIn, Operators, queryOf, reasonIn } from '#service-host';
import { untilIn } from '../shares/mode-calls.js';
import {
  RetrievedList,
  type RetrievedView,
  type SignedLink,
} from '../persistence/operators/retrieved-list.js';

/** What lies in the retrieval bucket, and for how long. Ids hold slashes: they are percent-encoded in a path. */
@Operators()
@Controller({ path: 'operations/retrieved', version: '4' })
export class RetrievedController implements OnModuleInit {
  constructor(
    private readonly retrieved: RetrievedList,
    private readonly actions: OperatorActions,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.actions.mayRepeat('job.link');
    this.actions.addWitness('retrieved.extend', async ({ _id, subject }) => {
      const until = await this.retrieved.keptUnder(behindSlash(subject), _id);
      return until && { after: { expiresAt: until.toISOString() } };
    });
  }

  @Get()
  list(@Query() query: Record<string, unknown>): Promise<Page<RetrievedView>> {
    const { pid, after, limit } = queryOf(query, ['pid', 'after', 'limit']);
    return this.retrieved.page(pid, after, limitIn(limit));
  }

  /** Keeps it until then at least. */
  @Post(':id/extend')
  @HttpCode(200)
  async extend(
    @Param('id') id: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<{ id: string; expiresAt: string }> {
    const said = bodyOf(body, ['until', 'reason']);
    const until = untilIn(said.until, this.clock.now());
    if (until === undefined)
      throw new PermanentError(notPossible, 'Expected a time to come in until, found none.');
    const wish = {
      ...{ action: 'retrieved.extend' as const, subject: `retrieved/${id}` },
      ...(said.reason === undefined ? {} : { reason: reasonIn(said.reason) }),
      details: { until: until.toISOString() },
    };
    const { expiresAt } = await this.actions.perform(operator, wish, async (entry) => {
      const { before, after } = await this.retrieved.extend(id, until, entry);
      return {
        ...(before === undefined ? {} : { before: { expiresAt: before.toISOString() } }),
        after: { expiresAt: after.toISOString() },
      };
    });
    return { id, expiresAt: String(expiresAt) };
  }

  /** A new link. The audit trail knows who got one, and does not hold it. */
  @Post(':id/link')
  @HttpCode(200)
  async link(
    @Param('id') id: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<SignedLink> {
    const { reason } = bodyOf(body, ['reason']);
    const wish = {
      ...{ action: 'job.link' as const, subject: `retrieved/${id}` },
      ...(reason === undefined ? {} : { reason: reasonIn(reason) }),
    };
    const signed: SignedLink[] = [];
    await this.actions.perform(operator, wish, async () => {
      const link = await this.retrieved.link(id);
      signed.push(link);
      return { after: { expiresAt: link.expiresAt } };
    });
    // The same call sent again was answered from its entry, which holds no link.
    return signed[0] ?? this.retrieved.link(id);
  }
}
