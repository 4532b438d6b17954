import { defineEvent } from '../define-message.js';
import { Doi, PublicationVersion } from '../fields.js';

/** The datasets of a publication became public; its DOI is wanted as a draft, known to nobody yet. The consumer reads the record from the catalogue, which may be newer than this version. */
export class PublicationPublishedV1 {
  @Doi()
  doi: string;

  @PublicationVersion()
  version: number;
}

export const publicationPublishedV1 = defineEvent({
  type: 'catalog.publication-published.v1',
  emitter: 'catalog-api',
  consumers: ['publisher'],
  about: 'doi',
  order: { within: 'doi', place: 'version' },
  payload: PublicationPublishedV1,
  summary:
    'The datasets of a publication became public; its DOI is wanted as a draft, known to nobody yet. The consumer reads the record from the catalogue, which may be newer than this version.',
});
