import { IsISO8601, IsOptional } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { Doi, PublicationVersion, Sentence } from '../fields.js';

/** A registered publication was withdrawn: its DOI is to be hidden and its page replaced by a tombstone, for ever. */
export class PublicationWithdrawnV1 {
  @Doi()
  doi: string;

  @PublicationVersion()
  version: number;

  /** For the public. */
  @Sentence()
  reason: string;

  /** ISO 8601. */
  @IsISO8601({ strict: true })
  withdrawnAt: string;

  /** DOI of what takes its place. */
  @IsOptional()
  @Doi()
  replacedBy?: string;
}

export const publicationWithdrawnV1 = defineEvent({
  type: 'catalog.publication-withdrawn.v1',
  emitter: 'catalog-api',
  consumers: ['publisher'],
  about: 'doi',
  order: { within: 'doi', place: 'version' },
  payload: PublicationWithdrawnV1,
  summary:
    'A registered publication was withdrawn: its DOI is to be hidden and its page replaced by a tombstone, for ever.',
});
