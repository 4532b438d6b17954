import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import { acceptedJobs } from '../persistence/catalogue.js';
import { RecordIndex } from '../record-index/record-index.js';
import type { JobFacts, JobRow } from './job-row.js';
import { JobRowReader } from './job-row-reader.js';
import { textOf, type Place } from './place.js';
import type { RowQuery } from './row-filter.js';

export interface RowPage {
  readonly items: readonly JobRow[];
  /** For `after`; absent when there is nothing more. */
  readonly next?: string;
  /** Whether the time for looking was over before the page was full: `next` goes on from there. */
  readonly partial: boolean;
}

/** Milliseconds of looking for one page. */
const patience = 2000;
const hour = 3_600_000;
const growth = 4;
/** What a window shrinks by that could not be read in time. */
const shrinkage = 16;
const narrowest = 1000;
/** Milliseconds since 1970 that a `Date` can hold, either way. */
const furthest = 8.64e15;

/** Jobs of one moment that a place may be among. */
const maxOfOneMoment = 100;

/** A part of the list, by the times of its jobs. */
interface Window {
  readonly condition: Readonly<Record<string, unknown>>;
  /** Where to go on when nothing more is in it; undefined: there is nothing beyond. */
  readonly beyond: Place | undefined;
}

/**
 * Long lists of jobs, the newest first. No database at hand sorts a hundred thousand of them in the time that a person waits:
 * they are looked for in windows of `createdAt`, each four times as wide as the one before, until the page is full.
 */
@Injectable()
export class JobListing {
  constructor(
    private readonly reader: JobRowReader,
    private readonly rules: AccessRules,
    private readonly clock: Clock,
    private readonly index: RecordIndex,
  ) {}

  async page(caller: Caller, query: RowQuery): Promise<RowPage> {
    const began = this.clock.now().getTime();
    const condition = both(query.condition, both(acceptedJobs, this.rules.visibleJobs(caller)));
    const known = query.isNarrow ? undefined : await this.known(condition, query);
    if (known !== undefined) return this.pageOf(caller, known, query.limit, hour);
    const found: JobFacts[] = [];
    let place: Place | undefined = query.after ?? firstPlace(query);
    while (place !== undefined && found.length <= query.limit) {
      const left = patience - (this.clock.now().getTime() - began);
      const window = windowAt(query, place, began);
      const limit = query.limit + 1 - found.length;
      const rows =
        left <= 0
          ? undefined
          : await this.reader.find(both(condition, window.condition), { limit, patience: left });
      if (rows === undefined) {
        if (found.length === 0) refuseStuck(query.after, place);
        return this.partial(caller, found, place);
      }
      found.push(...rows);
      if (rows.length === limit) break;
      place = window.beyond;
    }
    return this.pageOf(caller, found, query.limit, place?.width ?? hour);
  }

  /**
   * The page and one job more, where the collection is in memory.
   *
   * @returns undefined where it is not, or cannot tell
   */
  private async known(
    condition: Readonly<Record<string, unknown>>,
    { from, to, after, limit }: RowQuery,
  ): Promise<JobFacts[] | undefined> {
    const { time, id } = after ?? {};
    // Those without a time come last; as many of one moment as are looked at beside the page.
    if (after !== undefined && time === undefined) return undefined;
    const times = {
      ...(from === undefined ? {} : { $gte: from }),
      ...(to === undefined ? {} : { $lt: to }),
      ...(time === undefined ? {} : { [id === undefined ? '$lt' : '$lte']: new Date(time) }),
    };
    const within = Object.keys(times).length === 0 ? {} : { createdAt: times };
    const isBounded = from !== undefined || to !== undefined || after === undefined;
    const bounded = both(condition, isBounded ? within : { $or: [within, { createdAt: null }] });
    const most = limit + 1 + (id === undefined ? 0 : maxOfOneMoment);
    const ids = await this.index.page('Job', bounded, {
      sort: { createdAt: -1, _id: -1 },
      skip: 0,
      limit: most,
    });
    if (ids === undefined) return undefined;
    const facts = await this.reader.facts(ids, bounded);
    // One that changed meanwhile, so that it is none of these any more: the database is asked for the whole page.
    if (facts.length < ids.length) return undefined;
    const byId = new Map(facts.map((job) => [String(job._id), job]));
    const found = ids.map((one) => byId.get(one)!);
    const first = id === undefined ? 0 : found.findIndex((job) => isBehind(job, { time, id }));
    return first === -1 && found.length === most
      ? undefined
      : found.slice(first === -1 ? found.length : first, first + limit + 1);
  }

  private async pageOf(
    caller: Caller,
    found: readonly JobFacts[],
    limit: number,
    width: number,
  ): Promise<RowPage> {
    const items = await this.reader.rows(caller, found.slice(0, limit));
    const last = found[limit - 1];
    if (found.length <= limit || last === undefined) return { items, partial: false };
    return { items, next: textOf(placeOf(last, width)), partial: false };
  }

  /** Nothing was found beyond the last row and before the place. A window that could not be read in time is tried again as a narrower one. */
  private async partial(caller: Caller, found: readonly JobFacts[], place: Place): Promise<RowPage> {
    const width = Math.max(narrowest, place.width / shrinkage);
    return {
      items: await this.reader.rows(caller, found),
      next: textOf({ ...place, width }),
      partial: true,
    };
  }
}

/**
 * @throws JobRefusal 400 when not even the narrowest window at a place can be read in time: asking again would never get further
 */
function refuseStuck(asked: Place | undefined, { time, id }: Place): void {
  if (asked === undefined || asked.time !== time || asked.id !== id || asked.width > narrowest) return;
  throw new JobRefusal(
    400,
    `Expected a filter by which jobs are found within ${patience / 1000} s, found one that takes longer${time === undefined || time >= furthest ? '' : ` at ${new Date(time).toISOString()}`}. Add a filter, such as from and to, group, type or pid.`,
  );
}

function isBehind(
  { _id, createdAt }: JobFacts,
  { time, id }: { time: number | undefined; id: string },
): boolean {
  const at = createdAt?.getTime();
  return at !== time || Buffer.compare(Buffer.from(String(_id)), Buffer.from(id)) < 0;
}

function firstPlace({ to }: RowQuery): Place {
  // Clocks of those who posted may be ahead of ours.
  return { time: to?.getTime() ?? furthest, width: hour };
}

/** The next page begins with a window somewhat narrower than what filled this one. */
function placeOf({ _id, createdAt }: JobFacts, width: number): Place {
  const time = createdAt?.getTime();
  return { time, id: String(_id), width: Math.max(hour, width / growth) };
}

function windowAt({ from, to, isNarrow }: RowQuery, { time, id, width }: Place, now: number): Window {
  const isBounded = from !== undefined || to !== undefined;
  const before = id === undefined ? {} : { _id: { $lt: id } };
  // Jobs without a time come last.
  if (time === undefined) return { condition: { createdAt: null, ...before }, beyond: undefined };
  const end = new Date(time);
  // With a condition on the time the database would look into two indexes.
  if (isNarrow && time === furthest && !isBounded) return { condition: {}, beyond: undefined };
  if (isNarrow)
    return {
      condition: {
        $or: [
          { createdAt: { $lt: end, ...(from === undefined ? {} : { $gte: from }) } },
          ...(id === undefined ? [] : [{ createdAt: end, ...before }]),
          ...(isBounded ? [] : [{ createdAt: null }]),
        ],
      },
      beyond: undefined,
    };
  const least = from?.getTime() ?? -furthest;
  const wanted = Math.min(time, now) - width;
  // Nothing that people have archived was made before 1970.
  const start = wanted <= Math.max(least, 0) ? least : wanted;
  const within =
    id === undefined
      ? { createdAt: { $gte: new Date(start), $lt: end } }
      : {
          createdAt: { $gte: new Date(start), $lte: end },
          $or: [{ createdAt: { $lt: end } }, before],
        };
  const isLast = start === least;
  return {
    condition: within,
    beyond: !isLast
      ? { time: start, width: width * growth }
      : isBounded
        ? undefined
        : { time: undefined, width: hour },
  };
}
