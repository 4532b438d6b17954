import { Injectable } from '@nestjs/common';
import type { Page } from '#console-api';
import { PermanentError } from '#kernel';
import { newerThan, notPossible, olderThan, pageOf, placeIn, type Place } from '#operations';
import { PublisherStore } from './publisher-store.js';
import type { Publication, Recall } from './records.js';

/** Which publications that are not at rest; absent: all of them, the blocked ones first. */
export interface UnrestFilter {
  readonly blocked?: boolean;
  /** Why they are blocked, or why the last try failed. */
  readonly code?: string;
}

export const recallStates = ['requested', 'recalling', 'mailing', 'ready', 'failed'] as const;

type Part = 'blocked' | 'due';

/** Long lists for people. */
@Injectable()
export class PublicationLists {
  constructor(private readonly store: PublisherStore) {}

  /**
   * What is not at rest: blocked first, then what waits longest.
   *
   * @throws PermanentError `operations.not-possible` for an unknown `after`
   */
  async unrest(
    { blocked, code }: UnrestFilter,
    after: string | undefined,
    limit: number,
  ): Promise<Page<Publication>> {
    const place = partIn(after);
    const parts: Part[] = blocked === undefined ? ['blocked', 'due'] : [blocked ? 'blocked' : 'due'];
    const [first = 'due', next] =
      place === undefined ? parts : parts.slice(Math.max(0, parts.indexOf(place.part)));
    const page = await this.partOf(first, code, place?.after, limit);
    if (page.next !== undefined) return { items: page.items, next: `${first}.${page.next}` };
    if (next === undefined) return page;
    const room = limit - page.items.length;
    // The rest of the page comes from the second part; with no room left that part begins with the next page.
    if (room === 0) return { items: page.items, next: `${next}.` };
    const rest = await this.partOf(next, code, undefined, room);
    const items = [...page.items, ...rest.items];
    return rest.next === undefined ? { items } : { items, next: `${next}.${rest.next}` };
  }

  find(doi: string): Promise<Publication | null> {
    return this.store.publications.findOne({ _id: doi });
  }

  /** What readers have asked for, newest first. @throws PermanentError `operations.not-possible` */
  async recalls(
    filter: { readonly state?: Recall['state']; readonly doi?: string },
    after: string | undefined,
    limit: number,
  ): Promise<Page<Recall>> {
    const found = await this.store.recalls
      .find({ $and: [{ ...filter }, olderThan('requestedAt', placeIn(after))] })
      .sort({ requestedAt: -1, _id: -1 })
      .limit(limit + 1)
      .toArray();
    return pageOf(
      found,
      limit,
      ({ requestedAt: at, _id: id }) => ({ at, id }),
      (recall) => recall,
    );
  }

  private async partOf(
    part: Part,
    code: string | undefined,
    after: string | undefined,
    limit: number,
  ): Promise<Page<Publication>> {
    const field = part === 'blocked' ? 'blocked.at' : 'dueAt';
    const which =
      part === 'blocked'
        ? { 'blocked.at': { $exists: true }, ...(code === undefined ? {} : { 'blocked.code': code }) }
        : {
            ...{ dueAt: { $exists: true }, blocked: { $exists: false } },
            ...(code === undefined ? {} : { 'lastFault.code': code }),
          };
    const found = await this.store.publications
      .find({ $and: [which, newerThan(field, placeIn(after))] } as object)
      .sort({ [field]: 1, _id: 1 })
      .limit(limit + 1)
      .toArray();
    return pageOf(
      found,
      limit,
      (one) => placeOf(part, one),
      (one) => one,
    );
  }
}

function placeOf(part: Part, { _id: id, blocked, dueAt }: Publication): Place {
  return { at: (part === 'blocked' ? blocked?.at : dueAt) ?? new Date(0), id };
}

function partIn(
  after: string | undefined,
): { readonly part: Part; readonly after: string | undefined } | undefined {
  if (after === undefined || after === '') return undefined;
  const [, part, rest] = /^(blocked|due)\.(.*)$/.exec(after) ?? [];
  if (part === undefined)
    throw new PermanentError(
      notPossible,
      `Expected in after what a page gave as next, found ${JSON.stringify(after).slice(0, 100)}.`,
    );
  return { part: part as Part, after: rest === '' ? undefined : rest };
}
