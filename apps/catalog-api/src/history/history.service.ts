import { Injectable } from '@nestjs/common';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import { dateOf } from '../domain/iso-date.js';
import { parseJsonObject } from '../domain/filter-parts.js';
import { checkCondition } from '../domain/loopback-filter.js';
import { Catalogue } from '../persistence/catalogue.js';

export interface HistoryPage {
  readonly items: readonly object[];
  readonly count: number;
  readonly totalCount: number;
  readonly skip: number;
  readonly limit: number;
}

type Subsystem = keyof typeof accessTable.history;

const subsystems = Object.keys(accessTable.history) as Subsystem[];
const maxItems = 1000;

/** Who changed what, for those whom the facility lets look. */
@Injectable()
export class HistoryQueries {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
  ) {}

  /** Newest first. Each reader sees the subsystems that are open to them, whatever the filter asks for. */
  async page(
    caller: Caller,
    condition: Record<string, unknown>,
    limits: { skip: unknown; limit: unknown },
  ): Promise<HistoryPage> {
    const where = this.within(caller, condition);
    const skip = whole(limits.skip, 0, 'skip');
    const limit = Math.min(whole(limits.limit, 100, 'limit'), maxItems);
    const [items, totalCount] = await Promise.all([
      limit === 0
        ? []
        : this.history.find(where).sort({ timestamp: -1, _id: -1 }).skip(skip).limit(limit).toArray(),
      this.history.countDocuments(where),
    ]);
    return { items, count: items.length, totalCount, skip, limit };
  }

  /** @throws BadRequest without a subsystem */
  async count(caller: Caller, condition: Record<string, unknown>): Promise<number> {
    if (condition['subsystem'] === undefined)
      throw new BadRequest('subsystem is required in filter for permission verification');
    return this.history.countDocuments(this.within(caller, condition));
  }

  /** @throws Refusal 403 for a subsystem that is unknown or not open to the caller */
  admitTo(caller: Caller, subsystem: string): Subsystem {
    const found = this.open(caller).find((name) => name === subsystem || `${name}s` === subsystem);
    if (found === undefined)
      throw new Refusal(403, `You don't have permission to access history for ${subsystem} collection`);
    return found;
  }

  private within(caller: Caller, condition: Record<string, unknown>): Record<string, unknown> {
    if (typeof condition['subsystem'] === 'string') this.admitTo(caller, condition['subsystem']);
    const asked = this.rules.isAdmin(caller) ? {} : { subsystem: { $in: this.open(caller) } };
    return { $and: [condition, asked] };
  }

  private open(caller: Caller): Subsystem[] {
    return subsystems.filter((name) => this.rules.admits(accessTable.history[name], caller));
  }

  private get history() {
    return this.catalogue.other('History');
  }
}

/** @throws BadRequest without a filter, or when it does more than compare */
export function historyCondition(filter: unknown): Record<string, unknown> {
  if (typeof filter !== 'string' || filter === '')
    throw new BadRequest('Filter is required: give a JSON object, {} for everything.');
  const condition = parseJsonObject(filter, 'filter');
  checkCondition(condition);
  return withDates(condition) as Record<string, unknown>;
}

/** JSON knows no dates: times of changes are compared as such. */
function withDates(value: unknown, isTime = false): unknown {
  if (Array.isArray(value)) return value.map((item) => withDates(item, isTime));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, withDates(child, isTime || key === 'timestamp')]),
    );
  if (!isTime || (typeof value !== 'string' && typeof value !== 'number')) return value;
  return dateOf(value, 'timestamp');
}

function whole(value: unknown, fallback: number, name: string): number {
  if (value === undefined || value === '') return fallback;
  const number = typeof value === 'string' ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number) || number < 0)
    throw new BadRequest(`${name} must be a whole number, found ${JSON.stringify(value)}.`);
  return number;
}
