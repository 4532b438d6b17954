import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { actions, type AuditEntry, type Page, type Said } from '#console-api';
import { PermanentError } from '#kernel';
import { AuditTrail, notPossible, OperatorActions, timeIn, type Operator } from '#operations';
import { Operators } from '../endpoint-rule.decorator.js';
import { ActingOperator } from './acting-operator.decorator.js';
import { limitIn, queryOf } from './query.js';

const names = ['after', 'limit', 'by', 'subject', 'action', 'jobId', 'from', 'to'] as const;

/** Who did what to which, why, and what came of it. No call changes an entry. */
@Operators()
@Controller({ path: 'operations/audit', version: '4' })
export class AuditController {
  constructor(
    private readonly trail: AuditTrail,
    private readonly actions: OperatorActions,
  ) {
    // Nothing but the entry is made.
    actions.mayRepeat('session.emergency');
  }

  /** Newest first. */
  @Get()
  list(@Query() query: Record<string, unknown>): Promise<Page<AuditEntry>> {
    const { after, limit, action, from, to, ...others } = queryOf(query, names);
    const known = actions.find((one) => one === action);
    if (action !== undefined && known === undefined)
      throw new PermanentError(
        notPossible,
        `Expected an action of ${actions.join(', ')}, found ${JSON.stringify(action).slice(0, 100)}.`,
      );
    const [since, until] = [timeIn('from', from), timeIn('to', to)];
    return this.trail.list({
      ...others,
      limit: limitIn(limit),
      ...(after === undefined ? {} : { after }),
      ...(known === undefined ? {} : { action: known }),
      ...(since === undefined ? {} : { from: since }),
      ...(until === undefined ? {} : { to: until }),
    });
  }
  /** Keeps that the console was entered by its emergency token: the console has no trail of its own. */
  @Post('emergency')
  @HttpCode(200)
  emergency(@ActingOperator() operator: Operator): Promise<Said> {
    const wish = { action: 'session.emergency' as const, subject: 'session/emergency' };
    return this.actions.perform(operator, wish, () => Promise.resolve({ after: {} }));
  }
}
