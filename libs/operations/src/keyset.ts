import type { Page } from '#console-api';
import { PermanentError } from '#kernel';

/** Rows of one page at most, and where nobody said how many. */
export const maxRows = 200;
export const defaultRows = 50;

/** Where a page ends: the time and the id of its last row. */
export interface Place {
  readonly at: Date;
  readonly id: string;
}

/** @throws PermanentError `operations.not-possible` for a text that no page gave out */
export function placeIn(after: string | undefined): Place | undefined {
  if (after === undefined || after === '') return undefined;
  try {
    const [time, id] = JSON.parse(Buffer.from(after, 'base64url').toString('utf8')) as [number, string];
    const at = new Date(time);
    if (
      typeof id === 'string' &&
      id.length <= 2000 &&
      typeof time === 'number' &&
      !Number.isNaN(at.getTime())
    )
      return { at, id };
  } catch {
    // Said below.
  }
  throw new PermanentError(
    'operations.not-possible',
    `Expected in after what a page gave as next, found ${JSON.stringify(after).slice(0, 100)}.`,
  );
}

/** @param rows one more than the page takes, where there are more */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  placeOf: (row: Row) => Place,
  shown: (row: Row) => Item,
): Page<Item> {
  const taken = rows.slice(0, limit);
  const last = taken.at(-1);
  if (rows.length <= limit || last === undefined) return { items: taken.map(shown) };
  return { items: taken.map(shown), next: placeText(placeOf(last)) };
}

/** A place as calls carry it, in `next` and `after`. */
export function placeText({ at, id }: Place): string {
  return Buffer.from(JSON.stringify([at.getTime(), id]), 'utf8').toString('base64url');
}

/** Rows behind a place, newest first, as a condition on a time and `_id`. */
export function olderThan(field: string, place: Place | undefined): object {
  if (place === undefined) return {};
  const { at, id } = place;
  return { $or: [{ [field]: { $lt: at } }, { [field]: at, _id: { $lt: id } }] };
}

/** Rows behind a place, oldest first. */
export function newerThan(field: string, place: Place | undefined): object {
  if (place === undefined) return {};
  const { at, id } = place;
  return { $or: [{ [field]: { $gt: at } }, { [field]: at, _id: { $gt: id } }] };
}
