import { BadRequest } from '../domain/errors.js';

/** Where a page of rows ended: the next one begins with what is older, or as old and before it by its id. */
export interface Place {
  /** Milliseconds since 1970; undefined among the jobs whose time is unknown, which come last. */
  readonly time: number | undefined;
  /** Absent where no row ended the page: what comes next is older than this. */
  readonly id?: string;
  /** Milliseconds of the first window of time to look into. */
  readonly width: number;
}

const longest = 2000;
/** Times that a `Date` can hold. */
const furthest = 8.64e15;

/** @returns an opaque text for `after` */
export function textOf({ time, id, width }: Place): string {
  return Buffer.from(JSON.stringify([time ?? null, id ?? null, width])).toString('base64url');
}

/** @throws BadRequest for what no answer has given */
export function placeFrom(text: unknown): Place {
  try {
    if (typeof text !== 'string' || text.length > longest) throw new Error('no text of ours');
    const [time, id, width, ...more] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    const isTime = time === null || (Number.isInteger(time) && Math.abs(time as number) <= furthest);
    const isWidth = typeof width === 'number' && Number.isFinite(width) && width > 0;
    if (!isTime || !(id === null || typeof id === 'string') || !isWidth || more.length > 0)
      throw new Error('no place of ours');
    return { time: (time as number | null) ?? undefined, ...(id === null ? {} : { id }), width };
  } catch {
    throw new BadRequest(
      'Expected the `next` of a page before in after, found another text: begin with the first page again.',
    );
  }
}
