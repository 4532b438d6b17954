import { BadRequest } from '../domain/errors.js';
import { dateOf } from '../domain/iso-date.js';
import { wordSearch } from '../domain/word-search.js';
import { listFrom, textFrom } from '../http/query-values.js';
import { placeFrom, type Place } from './place.js';

/** What a caller asks of the rows. */
export interface RowQuery {
  /** Beside visibility and the window of time. */
  readonly condition: Readonly<Record<string, unknown>>;
  readonly from?: Date;
  readonly to?: Date;
  readonly limit: number;
  readonly after?: Place;
  /** Whether the condition finds so few by an index of its own that no window of time is needed. */
  readonly isNarrow: boolean;
}

const known = new Set([
  ...['status', 'unfinished', 'type', 'group', 'user', 'pid', 'text', 'from', 'to', 'limit', 'after'],
]);
const fields = { status: 'statusCode', type: 'type', group: 'ownerGroup', user: 'ownerUser' } as const;
const maxValues = 20;
const longestValue = 1000;
const defaultLimit = 50;
const maxRows = 200;

/** @throws BadRequest for a key that is none of the list's, and for values that cannot be read */
export function rowQueryFrom(query: Readonly<Record<string, unknown>>): RowQuery {
  refuseUnknown(query, known);
  const condition: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const values = listFrom(query[name]);
    if (values.length > maxValues || values.some((value) => value.length > longestValue))
      throw new BadRequest(
        `Expected at most ${maxValues} values of at most ${longestValue} characters in ${name}, found ${values.length}.`,
      );
    if (values.length > 0) condition[field] = values.length === 1 ? values[0] : { $in: values };
  }
  const unfinished = switchFrom(query['unfinished'], 'unfinished');
  if (unfinished !== undefined) condition['catena.unfinished'] = unfinished ? true : { $exists: false };
  const pid = oneText(query['pid'], 'pid');
  if (pid !== undefined) condition['jobParams.datasetList.pid'] = pid;
  const text = oneText(query['text'], 'text');
  if (text !== undefined) {
    const search = wordSearch(text);
    if (search === '')
      throw new BadRequest(`Expected at least one word to look for in text, found ${JSON.stringify(text)}.`);
    condition['$text'] = { $search: search };
  }
  return {
    condition,
    ...timeFrom(query['from'], 'from'),
    ...timeFrom(query['to'], 'to'),
    limit: limitFrom(query['limit']),
    ...(query['after'] === undefined ? {} : { after: placeFrom(query['after']) }),
    // Few are unfinished, however many there are.
    isNarrow: pid !== undefined || unfinished === true,
  };
}

/** @throws BadRequest naming what may be asked for */
export function refuseUnknown(query: Readonly<Record<string, unknown>>, names: ReadonlySet<string>): void {
  const unknown = Object.keys(query).find((name) => !names.has(name));
  if (unknown !== undefined)
    throw new BadRequest(
      `Expected ${names.size === 0 ? 'no query' : `nothing but ${[...names].join(', ')} in the query`}, found ${JSON.stringify(unknown.slice(0, 100))}.`,
    );
}

/** @throws BadRequest for anything but 1 to 200 */
export function limitFrom(value: unknown): number {
  if (value === undefined) return defaultLimit;
  const limit = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (limit >= 1 && limit <= maxRows) return limit;
  throw new BadRequest(`Expected a limit of 1 to ${maxRows}, found ${shortened(value)}.`);
}

function switchFrom(value: unknown, name: string): boolean | undefined {
  if (value === undefined) return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new BadRequest(`Expected true or false in ${name}, found ${shortened(value)}.`);
}

function oneText(value: unknown, name: string): string | undefined {
  if (value === undefined) return undefined;
  const text = textFrom(value);
  if (text === undefined || text.length > longestValue)
    throw new BadRequest(
      `Expected one text of 1 to ${longestValue} characters in ${name}, found ${shortened(value)}.`,
    );
  return text;
}

function timeFrom<Name extends 'from' | 'to'>(value: unknown, name: Name): { readonly [N in Name]?: Date } {
  return (value === undefined ? {} : { [name]: dateOf(value, name) }) as { readonly [N in Name]?: Date };
}

function shortened(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 100);
}
