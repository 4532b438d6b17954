import { defineMessage } from '../define-message.js';
import { Doi, PublicationVersion } from '../fields.js';

/** A registered publication was opened for changes. What the public sees stays as it is until it is submitted again. */
export class PublicationAmendedV1 {
  @Doi()
  doi: string;

  @PublicationVersion()
  version: number;
}

export const publicationAmendedV1 = defineMessage({
  type: 'catalog.publication-amended.v1',
  kind: 'event',
  emitter: 'catalog-api',
  consumers: ['publisher'],
  payload: PublicationAmendedV1,
  summary:
    'A registered publication was opened for changes. What the public sees stays as it is until it is submitted again.',
});
