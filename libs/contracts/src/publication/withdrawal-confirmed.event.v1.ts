import { defineEvent } from '../define-message.js';
import { Doi, PublicationVersion } from '../fields.js';

/** The public sees a tombstone, harvesters see a deletion, and DataCite no longer lists the DOI, which still resolves. */
export class WithdrawalConfirmedV1 {
  @Doi()
  doi: string;

  @PublicationVersion()
  version: number;
}

export const withdrawalConfirmedV1 = defineEvent({
  type: 'publication.withdrawal-confirmed.v1',
  emitter: 'publisher',
  consumers: ['catalog-api'],
  about: 'doi',
  order: { within: 'doi', place: 'version' },
  payload: WithdrawalConfirmedV1,
  summary:
    'The public sees a tombstone, harvesters see a deletion, and DataCite no longer lists the DOI, which still resolves.',
});
