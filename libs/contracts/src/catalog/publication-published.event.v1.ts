import { defineMessage } from '../define-message.js';
import { Doi, PublicationVersion } from '../fields.js';

/** The datasets of a publication became public; its DOI is wanted as a draft, known to nobody yet. The consumer reads the record from the catalogue, which may be newer than this version. */
export class PublicationPublishedV1 {
  @Doi()
  doi: string;

  @PublicationVersion()
  version: number;
}

export const publicationPublishedV1 = defineMessage({
  type: 'catalog.publication-published.v1',
  kind: 'event',
  emitter: 'catalog-api',
  consumers: ['publisher'],
  payload: PublicationPublishedV1,
  summary:
    'The datasets of a publication became public; its DOI is wanted as a draft, known to nobody yet. The consumer reads the record from the catalogue, which may be newer than this version.',
});
