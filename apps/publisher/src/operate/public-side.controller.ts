import { Controller, Get, Query } from '@nestjs/common';
import type { Page } from '#console-api';
import { PermanentError } from '#kernel';
import { notPossible } from '#operations';
import { FeedClient, type PublicSide } from '#publication-feed';
import { limitIn, Operators, queryOf } from '#service-host';
import { PublicationLists, recallStates } from '../persistence/publication-lists.js';
import type { Recall } from '../persistence/records.js';

/** A reader's request as operators see it: nobody's address, and no part of a link. */
export type ShownRecall = Pick<
  Recall,
  | 'doi'
  | 'state'
  | 'asked'
  | 'confirmed'
  | 'jobId'
  | 'dueAt'
  | 'attempts'
  | 'message'
  | 'requestedAt'
  | 'finishedAt'
> & { readonly id: string; readonly mailed: boolean };

/** What readers wait for, and how the publication server is, which no operator can reach. */
@Operators()
@Controller({ path: 'operations', version: '4' })
export class PublicSideController {
  constructor(
    private readonly lists: PublicationLists,
    private readonly feed: FeedClient,
  ) {}

  /** Recalls for readers, newest first. */
  @Get('recalls')
  async recalls(@Query() query: Record<string, unknown>): Promise<Page<ShownRecall>> {
    const { state, doi, after, limit } = queryOf(query, ['state', 'doi', 'after', 'limit']);
    const known = recallStates.find((one) => one === state);
    if (state !== undefined && known === undefined)
      throw new PermanentError(
        notPossible,
        `Expected a state of ${recallStates.join(', ')}, found ${JSON.stringify(state).slice(0, 100)}.`,
      );
    const filter = {
      ...(known === undefined ? {} : { state: known }),
      ...(doi === undefined ? {} : { doi }),
    };
    const { items, next } = await this.lists.recalls(filter, after, limitIn(limit));
    return { items: items.map(shown), ...(next === undefined ? {} : { next }) };
  }

  /** What the publication server says of itself. @throws TransientError while it is out of reach */
  @Get('public-side')
  publicSide(): Promise<PublicSide> {
    return this.feed.status();
  }
}

function shown(recall: Recall): ShownRecall {
  const { _id: id, email, confirmation: _link, language: _language, ...rest } = recall;
  const { confirmationAskedAt: _asked, confirmationTriedAt: _tried, ...told } = rest;
  return { id, ...told, mailed: email !== undefined };
}
