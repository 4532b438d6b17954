import { Injectable } from '@nestjs/common';
import { waitCodes, type WaitCode } from '#contracts';
import { ArchiverStore } from '../archiver-store.js';
import { isThere } from './work-groups.js';

/** Milliseconds the database may take for the count. */
const maxTimeMS = 1000;

/**
 * `running`: under a lease; `waiting`: given back, whether or not its next look is due; `due`: for a worker; `later`: accepted for a time to
 * come, as originals whose grace is not over.
 */
export type CountedState = 'running' | 'waiting' | 'due' | 'later';

/** Open work of one kind that stands alike. */
export interface CountedWork {
  readonly kind: string;
  readonly state: CountedState;
  /** Of what waits; of a record with none, or one of a newer version, `work.waiting`. */
  readonly code?: WaitCode;
  readonly count: number;
}

/** Counts open work for whoever watches the installation. */
@Injectable()
export class WorkNumbers {
  constructor(private readonly store: ArchiverStore) {}

  async open(now: Date): Promise<CountedWork[]> {
    const isLater = { $gt: ['$dueAt', now] };
    const isNew = { $eq: ['$epoch', 0] };
    // What is due again waits still, until a look of a worker says otherwise: looks are short, and the next one may be minutes away.
    const doesWait = { $or: [isThere('$waitCode'), isThere('$lastFault')] };
    const state = {
      $switch: {
        branches: [
          { case: isNew, then: { $cond: [isLater, 'later', 'due'] } },
          { case: { $and: [doesWait, { $ne: ['$waitCode', 'work.queued'] }] }, then: 'waiting' },
          { case: isLater, then: 'running' },
        ],
        default: 'due',
      },
    };
    const rows = await this.store.works
      .aggregate<{ _id: { kind: string; state: CountedState; code?: string | null }; count: number }>(
        [
          { $match: { state: 'open' } },
          { $addFields: { stands: state } },
          {
            $group: {
              _id: {
                ...{ kind: '$command.kind', state: '$stands' },
                code: { $cond: [{ $eq: ['$stands', 'waiting'] }, '$waitCode', '$$REMOVE'] },
              },
              count: { $sum: 1 },
            },
          },
        ],
        { maxTimeMS },
      )
      .toArray();
    return together(
      rows.map(({ _id: { kind, state: stands, code }, count }) => ({
        ...{ kind, state: stands, count: Number(count) },
        ...(stands === 'waiting' ? { code: waitCodes.find((one) => one === code) ?? 'work.waiting' } : {}),
      })),
    );
  }
}

/** Several codes may be told as one. */
function together(rows: readonly CountedWork[]): CountedWork[] {
  const found = new Map<string, CountedWork>();
  for (const row of rows) {
    const key = [row.kind, row.state, row.code].join('\n');
    found.set(key, { ...row, count: row.count + (found.get(key)?.count ?? 0) });
  }
  return [...found.values()];
}
