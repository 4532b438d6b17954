import { defineEvent } from '../define-message.js';
import { Doi, PublicationVersion } from '../fields.js';

/** A caller with the right to it asked to register the publication, first or again after an amendment, and the catalogue found it complete. The record is to be registered as a findable DOI and shown to the public; the consumer reads it from the catalogue. */
export class PublicationSubmittedV1 {
  @Doi()
  doi: string;

  @PublicationVersion()
  version: number;
}

export const publicationSubmittedV1 = defineEvent({
  type: 'catalog.publication-submitted.v1',
  emitter: 'catalog-api',
  consumers: ['publisher'],
  about: 'doi',
  order: { within: 'doi', place: 'version' },
  payload: PublicationSubmittedV1,
  summary:
    'A caller with the right to it asked to register the publication, first or again after an amendment, and the catalogue found it complete. The record is to be registered as a findable DOI and shown to the public; the consumer reads it from the catalogue.',
});
