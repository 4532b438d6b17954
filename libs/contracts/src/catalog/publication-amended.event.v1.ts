import { defineEvent } from '../define-message.js';
import { Doi, PublicationVersion } from '../fields.js';

/** A registered publication was opened for changes. What the public sees stays as it is until it is submitted again. */
export class PublicationAmendedV1 {
  @Doi()
  doi: string;

  @PublicationVersion()
  version: number;
}

export const publicationAmendedV1 = defineEvent({
  type: 'catalog.publication-amended.v1',
  emitter: 'catalog-api',
  consumers: ['publisher'],
  about: 'doi',
  order: { within: 'doi', place: 'version' },
  payload: PublicationAmendedV1,
  summary:
    'A registered publication was opened for changes. What the public sees stays as it is until it is submitted again.',
});
