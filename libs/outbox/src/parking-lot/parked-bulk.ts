import { CatenaError, PermanentError } from '#kernel';
import {
  changedMeanwhile,
  notPossible,
  notThere,
  timeIn,
  type BulkItem,
  type BulkSource,
  type BulkWord,
} from '#operations';
import type { ParkedDecisions } from './parked-decisions.js';
import type { ParkedFilter, ParkedLists } from './parked-lists.js';
import { parkedStates, type ParkedState } from './parked-message.js';

export const bulkActions = ['replay', 'discard', 'restore'] as const;
export type BulkAction = (typeof bulkActions)[number];

/** One decision on all messages that a filter finds. */
export class ParkedBulk implements BulkSource {
  constructor(
    private readonly action: BulkAction,
    private readonly lists: ParkedLists,
    private readonly decisions: ParkedDecisions,
  ) {}

  count(filter: Readonly<Record<string, string>>, until: Date): Promise<number> {
    return this.lists.count(this.filterOf(filter, until));
  }

  next(
    filter: Readonly<Record<string, string>>,
    until: Date,
    place: string | undefined,
    limit: number,
  ): Promise<readonly BulkItem[]> {
    return this.lists.next(this.filterOf(filter, until), place, limit);
  }

  async act(id: string, { by, reason, entry, run }: BulkWord): Promise<boolean> {
    // Done before, by this run, in a process that died.
    const before = await this.decisions.decidedBy(id, entry);
    const isUnderWay = before?.pending !== undefined && before.decision?.id === entry;
    if (before !== undefined && !isUnderWay) return true;
    try {
      await this.decisions[this.action](id, { by, reason, id: entry, run });
      return true;
    } catch (error) {
      if (error instanceof CatenaError && [changedMeanwhile, notThere].includes(error.code)) return false;
      throw error;
    }
  }

  /** What was parked later is another matter: it may be what was replayed and came back. */
  private filterOf(filter: Readonly<Record<string, string>>, until: Date): ParkedFilter {
    const to = timeIn('to', filter['to']);
    return {
      ...parkedFilterIn(filter),
      state: this.action === 'restore' ? 'discarded' : 'parked',
      to: to !== undefined && to < until ? to : until,
    };
  }
}

const filterNames = ['state', 'code', 'type', 'jobId', 'from', 'to'];

/**
 * A filter as calls give it.
 *
 * @throws PermanentError `operations.not-possible` for an unknown name or a value that cannot be one
 */
export function parkedFilterIn(values: Readonly<Record<string, string | undefined>>): ParkedFilter {
  for (const [name, value] of Object.entries(values))
    if (
      !filterNames.includes(name) ||
      (value !== undefined && (typeof value !== 'string' || value.length > 500))
    )
      throw new PermanentError(
        notPossible,
        `Expected in a filter only ${filterNames.join(', ')}, each a text, found ${JSON.stringify(name).slice(0, 100)}.`,
      );
  const { state, code, type, jobId } = values;
  const known = parkedStates.find((one) => one === state);
  if (state !== undefined && known === undefined)
    throw new PermanentError(
      notPossible,
      `Expected a state of ${parkedStates.join(', ')}, found ${JSON.stringify(state).slice(0, 100)}.`,
    );
  const [from, to] = [timeIn('from', values['from']), timeIn('to', values['to'])];
  return {
    ...(known === undefined ? {} : { state: known satisfies ParkedState }),
    ...(code === undefined ? {} : { code }),
    ...(type === undefined ? {} : { type }),
    ...(jobId === undefined ? {} : { jobId }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}
