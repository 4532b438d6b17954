import { defineMessage } from '../define-message.js';
import { Doi, PublicationVersion } from '../fields.js';

/** Somebody entitled asked to register the publication, first or again after an amendment, and the catalogue found it complete. The record is to be registered as a findable DOI and shown to the public; the consumer reads it from the catalogue. */
export class PublicationSubmittedV1 {
  @Doi()
  doi: string;

  @PublicationVersion()
  version: number;
}

export const publicationSubmittedV1 = defineMessage({
  type: 'catalog.publication-submitted.v1',
  kind: 'event',
  emitter: 'catalog-api',
  consumers: ['publisher'],
  payload: PublicationSubmittedV1,
  summary:
    'Somebody entitled asked to register the publication, first or again after an amendment, and the catalogue found it complete. The record is to be registered as a findable DOI and shown to the public; the consumer reads it from the catalogue.',
});
