import {
  BadRequestException,
  Body,
  ConflictException,
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common';
import { codeOf, messageOf } from '#kernel';
import { Operators } from '../endpoint-rule.decorator.js';
import { named, OperatorActions, type Operator } from '#operations';
import { ActingOperator } from '../operations/acting-operator.decorator.js';
import { operatorText } from '../operator-words.js';
import type { KeptFinding } from './reconciliation-records.js';
import type { WantedRun } from './reconciliation-run.js';
import { Reconciliations, type RunState } from './reconciliations.js';

type Said = Partial<Record<'apply' | 'by' | 'reason', unknown>> | undefined;

/** What operators ask of the reconciler of one app; `catena-admin reconcile` asks all of them. */
@Operators()
@Controller({ path: 'operations/reconciliations', version: ['3', '4'] })
export class ReconciliationsController {
  constructor(
    private readonly reconciliations: Reconciliations,
    private readonly actions: OperatorActions,
  ) {}

  @Get()
  list(): Promise<RunState[]> {
    return this.reconciliations.list();
  }

  /** Begins one in the background. With `apply` it repairs what it can prove. */
  @Post()
  @HttpCode(202)
  async start(@Body() body: Said, @ActingOperator() caller: Operator): Promise<RunState> {
    const operator = named(caller, body?.by);
    const wanted = { ...wantedIn(body), by: operator.name };
    const { apply, reason } = wanted;
    const wish = {
      ...{ action: 'reconciliation.start' as const, subject: 'reconciliation', reason },
      details: { apply },
    };
    const done = await this.actions
      .perform(operator, wish, async () => {
        const { id } = await this.reconciliations.start(wanted);
        return { after: { id, apply } };
      })
      .catch(asStatus);
    return this.state(String(done['id']));
  }

  @Get(':id')
  async state(@Param('id') id: string): Promise<RunState & { readonly list: KeptFinding[] }> {
    const state = await this.reconciliations.state(id);
    if (state === undefined)
      throw new NotFoundException(`Expected the id of a reconciliation, found ${id.slice(0, 100)}.`);
    return { ...state, list: await this.reconciliations.findings(id) };
  }
}

const form = '{"apply": false, "by": "your name", "reason": "why"}';

function wantedIn(body: Said): Omit<WantedRun, 'by'> {
  const apply = body?.apply ?? false;
  if (typeof apply !== 'boolean')
    throw new BadRequestException(`Expected a body ${form}, found no truth value in apply.`);
  return {
    apply,
    reason: operatorText(body?.reason, 'reason', form),
  };
}

function asStatus(error: unknown): never {
  if (codeOf(error, '') === 'service-host.reconciliation-under-way')
    throw new ConflictException(messageOf(error));
  throw error;
}
