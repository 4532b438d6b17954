import { Body, Controller, Get, HttpCode, Param, Post, Query, type OnModuleInit } from '@nestjs/common';
import type { Page } from '#console-api';
import { OperatorActions, timeIn, type Operator } from '#operations';
import { ActingOperator, behindSlash, bodyOf, limitIn, Operators, queryOf, reasonIn } from '#service-host';
import { WorkRunner } from '../run-work/work-runner.js';
import type { WorkView } from '../persistence/operators/work-view.js';
import { WorksList } from '../persistence/operators/works-list.js';
import { CopiesList, type CopyRow } from './copies-list.js';
import { CopyTending } from '../persistence/operators/copy-tending.js';

const names = ['pid', 'share', 'state', 'verifiedBefore', 'after', 'limit'] as const;

/** Where copies lie, which are bad, and what is done about it. Archive ids hold slashes: they are percent-encoded in a path. */
@Operators()
@Controller({ path: 'operations/copies', version: '4' })
export class CopiesController implements OnModuleInit {
  constructor(
    private readonly copies: CopiesList,
    private readonly tending: CopyTending,
    private readonly works: WorksList,
    private readonly runner: WorkRunner,
    private readonly actions: OperatorActions,
  ) {}

  onModuleInit(): void {
    for (const action of ['copy.verify', 'copy.repair'] as const)
      this.actions.addWitness(action, async ({ _id, subject }) => {
        const work = await this.tending.begunUnder(behindSlash(subject), _id);
        return work === undefined ? undefined : { after: { work } };
      });
  }

  @Get()
  list(@Query() query: Record<string, unknown>): Promise<Page<CopyRow>> {
    const { limit, verifiedBefore, ...filter } = queryOf(query, names);
    const before = timeIn('verifiedBefore', verifiedBefore);
    return this.copies.page({
      ...{ ...filter, limit: limitIn(limit) },
      ...(before === undefined ? {} : { verifiedBefore: before }),
    });
  }

  /** Has all copies of it read. The answer is the work that does it. */
  @Post(':archiveId/verify')
  @HttpCode(202)
  async verify(
    @Param('archiveId') archiveId: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<WorkView> {
    const { reason } = bodyOf(body, ['reason']);
    const why = reason === undefined ? {} : { reason: reasonIn(reason) };
    const wish = { action: 'copy.verify' as const, subject: `copy/${archiveId}`, ...why };
    return this.begun(operator, wish, (entry) =>
      this.tending.verify(archiveId, { by: operator.name, entry, reason: why.reason ?? '' }),
    );
  }

  /** Has the copy on this share mended from one that proves good. The answer is the work that does it. */
  @Post(':archiveId/:share/repair')
  @HttpCode(202)
  async repair(
    @Param('archiveId') archiveId: string,
    @Param('share') share: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<WorkView> {
    const reason = reasonIn(bodyOf(body, ['reason']).reason);
    const wish = { action: 'copy.repair' as const, subject: `copy/${archiveId}`, reason, details: { share } };
    return this.begun(operator, wish, (entry) =>
      this.tending.repair(archiveId, share, { by: operator.name, entry, reason }),
    );
  }

  private async begun(
    operator: Operator,
    wish: Parameters<OperatorActions['perform']>[1],
    begin: (entry: string) => Promise<string>,
  ): Promise<WorkView> {
    const { work } = await this.actions.perform(operator, wish, async (entry) => ({
      after: { work: await begin(entry), ...wish.details },
    }));
    this.runner.wake();
    return this.works.find(String(work));
  }
}
