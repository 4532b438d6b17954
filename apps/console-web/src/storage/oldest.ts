import type { QueryClient } from '@tanstack/react-query';
import type { Page } from '#console-api';
import type { CopyRow } from '../calls/archive-shapes.js';
import { inPath, queryText } from '../calls/call.js';
import { callForPage } from '../calls/lists.js';

/** Datablocks that one deed has read at most. */
export const maxOldest = 20;
const pageSize = 200;
/** Pages of one look. */
const maxPages = 5;
/** Looks for one time; each at least halves what is left of an answer that was cut. */
const maxLooks = 12;

const hour = 3_600_000;
/** Behind the oldest one, milliseconds: each look reaches further, until there are enough. */
const reaches = [1, hour, 24 * hour, 168 * hour, 720 * hour, 4320 * hour];
/** Where nothing is known of the oldest one: before now, the longest ago first. */
const ages = [730, 365, 180, 90, 30, 7, 1].map((days) => days * 24 * hour);

/** Times up to which copies are looked for, one after the other; the last one is now. */
export function cutsOf(oldest: Date | undefined, now: Date): readonly Date[] {
  const cuts =
    oldest === undefined
      ? ages.map((age) => new Date(now.getTime() - age))
      : reaches.map((reach) => new Date(oldest.getTime() + reach)).filter((cut) => cut < now);
  return [...cuts, now];
}

interface Where {
  readonly app: string;
  readonly share: string;
  readonly oldest: Date | undefined;
}

/** One answer: copies proven before a time, in an order that has nothing to do with it. */
interface Look {
  readonly rows: readonly CopyRow[];
  /** There are more than were loaded. */
  readonly isCut: boolean;
}

/**
 * The datablocks whose good copies on a share were proven longest ago, the oldest first. The archiver's list has another order, so
 * it is asked for those before a time that is moved until there are enough. An answer that was cut may lack the very oldest: then
 * earlier times are asked for, until those that are needed are known for the oldest.
 *
 * @throws CallFault
 */
export async function oldestOn(
  client: QueryClient,
  { app, share, oldest }: Where,
  now: Date,
): Promise<readonly { readonly app: string; readonly archiveId: string }[]> {
  const aged = new AgedCopies();
  for (const cut of cutsOf(oldest, now)) {
    let [high, next] = [Infinity, cut.getTime()];
    for (let looks = 0; looks < maxLooks && next > aged.low; looks += 1) {
      const verifiedBefore = new Date(next).toISOString();
      const filter = { share, state: 'verified', verifiedBefore, limit: pageSize };
      const { rows, isCut } = await client.fetchQuery({
        queryKey: ['operations', 'oldest', app, filter],
        queryFn: ({ signal }) => pagesOf(app, filter, signal),
        staleTime: 0,
        gcTime: 0,
      });
      aged.keep(rows);
      if (isCut) high = next;
      else aged.low = next;
      if (high === Infinity || aged.hasEnough) break;
      next = aged.middleBefore(high) ?? aged.low;
    }
    if (high !== Infinity || aged.hasEnough) break;
  }
  return aged.oldest.map((archiveId) => ({ app, archiveId }));
}

/** What all looks have found: what an earlier one found stays. */
class AgedCopies {
  private readonly times = new Map<string, number>();
  /** All that was proven before is known. */
  low = 0;

  keep(rows: readonly CopyRow[]): void {
    for (const { archiveId, verifiedAt } of rows) {
      const time = Date.parse(verifiedAt);
      if (typeof archiveId !== 'string' || Number.isNaN(time)) continue;
      this.times.set(archiveId, Math.min(time, this.times.get(archiveId) ?? time));
    }
  }

  /** Of those of that very moment any is as old as the others. */
  get hasEnough(): boolean {
    return [...this.times.values()].filter((time) => time <= this.low).length >= maxOldest;
  }

  /** The middle of what is found between what is known and a time. */
  middleBefore(high: number): number | undefined {
    const between = [...this.times.values()].filter((time) => time > this.low && time < high);
    return between.sort((one, other) => one - other)[Math.floor(between.length / 2)];
  }

  get oldest(): readonly string[] {
    const inOrder = [...this.times].sort(([, one], [, other]) => one - other);
    return inOrder.slice(0, maxOldest).map(([archiveId]) => archiveId);
  }
}

async function pagesOf(
  app: string,
  filter: Readonly<Record<string, string | number>>,
  signal: AbortSignal,
): Promise<Look> {
  const rows: CopyRow[] = [];
  let after: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const { items, next } = await callForPage<Page<CopyRow>>(
      `operations/${inPath(app)}/copies${queryText({ ...filter, after })}`,
      { signal },
    );
    rows.push(...items);
    if (next === undefined) return { rows, isCut: false };
    after = next;
  }
  return { rows, isCut: true };
}
