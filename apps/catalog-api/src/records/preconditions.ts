import { Refusal } from '../domain/errors.js';
import { isoDate } from '../domain/iso-date.js';

/** Conditions a client puts on a change, so that it never overwrites what it has not seen. */
export interface Precondition {
  /** `If-Unmodified-Since`: a date of ISO 8601, or any other text `Date` understands. */
  readonly unmodifiedSince?: string | undefined;
  /** `If-Match`: entity tags from earlier answers, or `*`. */
  readonly match?: string | undefined;
}

/** The entity tag of a stored record: it changes with every change of the record itself. */
export function entityTag(record: { readonly updatedAt?: Date }): string | undefined {
  return record.updatedAt === undefined ? undefined : `"${record.updatedAt.getTime().toString(36)}"`;
}

/** @throws Refusal 412 when the record is not the one the client saw; one changed at the very time that it names is. */
export function checkPrecondition(
  record: { readonly updatedAt?: Date },
  { unmodifiedSince, match }: Precondition,
): void {
  const since = isoDate(unmodifiedSince ?? '')?.getTime() ?? Date.parse(unmodifiedSince ?? '');
  if (!Number.isNaN(since) && record.updatedAt !== undefined && since < record.updatedAt.getTime())
    throw new Refusal(412, 'Update error due to failed if-modified-since condition');
  if (match === undefined || match.trim() === '*') return;
  const tag = entityTag(record);
  const tags = match.split(',').map((text) => text.trim().replace(/^W\//, ''));
  if (tag === undefined || !tags.includes(tag))
    throw new Refusal(
      412,
      `The record has changed: its entity tag is ${tag ?? 'unknown'}, expected ${match}`,
    );
}
