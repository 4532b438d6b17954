import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import type { Page, Said } from '#console-api';
import { PermanentError } from '#kernel';
import {
  bulkLimits,
  BulkRuns,
  named,
  notPossible,
  OperatorActions,
  type BulkRun,
  type Deed,
  type Operator,
} from '#operations';
import {
  bulkActions,
  groupings,
  ParkedDecisions,
  parkedFilterIn,
  ParkedLists,
  type ParkedGroup,
  type ParkedMessage,
  type ParkedRow,
  type ParkingWord,
} from '#outbox';
import { Operators } from '../endpoint-rule.decorator.js';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from '../service-host.options.js';
import { ActingOperator } from './acting-operator.decorator.js';
import { bodyOf, limitIn, queryOf, reasonIn } from './query.js';

const filters = ['state', 'code', 'type', 'jobId', 'from', 'to'] as const;
const bulkBody = ['action', 'filter', 'expected', 'batch', 'perMinute', 'most', 'reason'] as const;

/** What an operator does with messages that could not be handled. */
@Operators()
@Controller({ path: 'operations/parking-lot', version: ['3', '4'] })
export class ParkingLotController {
  constructor(
    private readonly lists: ParkedLists,
    private readonly decisions: ParkedDecisions,
    private readonly actions: OperatorActions,
    private readonly runs: BulkRuns,
    @Inject(SERVICE_HOST_OPTIONS) private readonly options: ServiceHostOptions,
  ) {}

  /** Newest first, without bodies; parked ones unless another `state` is asked for. */
  @Get()
  list(@Query() query: Record<string, unknown>): Promise<Page<ParkedRow>> {
    const { limit, after, ...filter } = queryOf(query, [...filters, 'limit', 'after']);
    return this.lists.page(parkedFilterIn({ state: 'parked', ...filter }), after, limitIn(limit));
  }

  /** By code, type or day: how many, from when to when, one to look at. */
  @Get('groups')
  async groups(@Query() query: Record<string, unknown>): Promise<{ items: readonly ParkedGroup[] }> {
    const { by = 'code', ...filter } = queryOf(query, [...filters, 'by']);
    const grouping = groupings.find((one) => one === by);
    if (grouping === undefined)
      throw new PermanentError(
        notPossible,
        `Expected in by one of ${groupings.join(', ')}, found ${JSON.stringify(by).slice(0, 100)}.`,
      );
    return { items: await this.lists.groups(parkedFilterIn({ state: 'parked', ...filter }), grouping) };
  }

  /** With its body. */
  @Get(':id')
  async one(@Param('id') id: string): Promise<Omit<ParkedMessage, 'pending'>> {
    const { pending: _pending, ...message } = await this.decisions.find(id);
    return message;
  }

  @Post(':id/replay')
  @HttpCode(200)
  replay(
    @Param('id') id: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<Said> {
    const { by, reason } = bodyOf(body, ['by', 'reason']);
    const word = reason === undefined ? 'replay' : reasonIn(reason);
    return this.decided('replay', id, named(operator, by), word);
  }

  @Post(':id/discard')
  @HttpCode(200)
  discard(
    @Param('id') id: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<Said> {
    const { by, reason } = bodyOf(body, ['by', 'reason']);
    return this.decided('discard', id, named(operator, by), reasonIn(reason));
  }

  /** Parks again what was discarded. */
  @Post(':id/restore')
  @HttpCode(200)
  restore(
    @Param('id') id: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<Said> {
    const { reason } = bodyOf(body, ['reason']);
    return this.decided('restore', id, operator, reasonIn(reason));
  }

  /** Sends other data in its place, where the installation allows it (PARKING_LOT_EDITING), by who is named and an editor. */
  @Post(':id/edit')
  @HttpCode(200)
  async edit(
    @Param('id') id: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<Said> {
    this.admitEditor(operator);
    const { data, reason } = bodyOf(body, ['data', 'reason']);
    const why = reasonIn(reason);
    const before = await this.decisions.find(id);
    return this.perform('edit', before, operator, why, { data }, async (word) => {
      const { edited } = await this.decisions.edit(id, data, word);
      return {
        before: { state: 'parked', messageId: before.messageId, body: cut(before.body) },
        after: { id, state: 'edited', messageId: edited?.messageId, body: cut(edited?.body ?? '') },
      };
    });
  }

  /** What a person has found out of it, for the others. */
  @Post(':id/notes')
  @HttpCode(200)
  async note(
    @Param('id') id: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<Said> {
    const { text } = bodyOf(body, ['text']);
    const said = reasonIn(text);
    const message = await this.decisions.find(id);
    return this.perform('note', message, operator, said, {}, async (word) => {
      await this.decisions.note(id, said, word);
      return { after: { id, note: said } };
    });
  }

  /** Does it to all that the filter finds, bit by bit, in the background; see `operations/bulk-runs`. */
  @Post('bulk')
  @HttpCode(202)
  async bulk(@Body() body: unknown, @ActingOperator() operator: Operator): Promise<BulkRun> {
    const said = bodyOf(body, bulkBody);
    const action = bulkActions.find((one) => one === said.action);
    if (action === undefined)
      throw new PermanentError(
        notPossible,
        `Expected in action one of ${bulkActions.join(', ')}, found ${JSON.stringify(said.action)?.slice(0, 100)}.`,
      );
    const wanted = {
      kind: `parking-lot.${action}`,
      filter: filterIn(said.filter),
      expected: countIn('expected', said.expected, 0, Number.MAX_SAFE_INTEGER),
      batch: countIn('batch', said.batch ?? 20, 1, bulkLimits.batch),
      perMinute: countIn('perMinute', said.perMinute ?? 600, 1, bulkLimits.perMinute),
      most: countIn('most', said.most ?? Number.MAX_SAFE_INTEGER, 1, Number.MAX_SAFE_INTEGER),
      reason: reasonIn(said.reason),
    };
    const wish = {
      ...{ action: 'bulk.start' as const, subject: `${this.options.app}/parking-lot`, reason: wanted.reason },
      details: wanted,
    };
    const done = await this.actions.perform(operator, wish, async (_id) => {
      const { found } = await this.runs.start({ _id, by: operator.name, via: operator.via, ...wanted });
      return { after: { run: _id, kind: wanted.kind, filter: wanted.filter, found } };
    });
    return this.runs.find(String(done['run']));
  }

  private async decided(
    action: 'replay' | 'discard' | 'restore',
    id: string,
    operator: Operator,
    reason: string,
  ): Promise<Said> {
    const message = await this.decisions.find(id);
    return this.perform(action, message, operator, reason, {}, async (word) => {
      const { state } = await this.decisions[action](id, word);
      return {
        before: { state: action === 'restore' ? 'discarded' : 'parked' },
        after: { id, state },
      };
    });
  }

  private perform(
    action: 'replay' | 'discard' | 'restore' | 'edit' | 'note',
    { _id, jobId }: ParkedMessage,
    operator: Operator,
    reason: string,
    details: Said,
    change: (word: ParkingWord) => Promise<Deed>,
  ): Promise<Said> {
    const subject = `${this.options.app}/${_id}`;
    const wish = { action: `parking-lot.${action}` as const, subject, reason, details };
    return this.actions.perform(operator, jobId === undefined ? wish : { ...wish, jobId }, (entry) =>
      change({ by: operator.name, reason, id: entry }),
    );
  }

  /** @throws PermanentError `outbox.editing-off`, `operations.not-allowed` */
  private admitEditor({ name, groups }: Operator): void {
    const { parkingLotEditors } = this.options;
    if (parkingLotEditors === undefined)
      throw new PermanentError(
        'outbox.editing-off',
        'Expected PARKING_LOT_EDITING to be on, found it off: discard the message, and have its emitter send another one.',
      );
    if (!groups.some((group) => parkingLotEditors.includes(group)))
      throw new PermanentError(
        'operations.not-allowed',
        `Expected an editor of messages, who is in one of ${parkingLotEditors.join(', ')} (PARKING_LOT_EDITORS), found ${name}.`,
      );
  }
}

const maxKept = 64 * 1024;

function cut(text: string): string {
  return text.length > maxKept ? `${text.slice(0, maxKept)}…` : text;
}

function filterIn(value: unknown): Readonly<Record<string, string>> {
  const filter = bodyOf(value, ['code', 'type', 'jobId', 'from', 'to']) as Record<string, string>;
  parkedFilterIn(filter);
  return filter;
}

function countIn(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new PermanentError(
    notPossible,
    `Expected in ${name} a whole number from ${least} to ${most}, found ${JSON.stringify(value)?.slice(0, 100)}.`,
  );
}
