import { IsIn, IsString, Matches, MaxLength } from 'class-validator';
import { registeredDoiStates, type RegisteredDoiState } from '../vocabulary.js';
import { defineEvent } from '../define-message.js';
import { Doi, PublicationVersion } from '../fields.js';

/** The public sees the publication as of this version: its page is there, and DataCite reports the DOI in this state with this address (read back). */
export class RegistrationConfirmedV1 {
  @Doi()
  doi: string;

  @PublicationVersion()
  version: number;

  /** `findable`, or `draft` while the publisher has no account at DataCite. */
  @IsIn(registeredDoiStates)
  doiState: RegisteredDoiState;

  @IsString()
  @MaxLength(2000)
  @Matches(/^https?:\/\//)
  landingPage: string;
}

export const registrationConfirmedV1 = defineEvent({
  type: 'publication.registration-confirmed.v1',
  emitter: 'publisher',
  consumers: ['catalog-api'],
  about: 'doi',
  order: { within: 'doi', place: 'version' },
  payload: RegistrationConfirmedV1,
  summary:
    'The public sees the publication as of this version: its page is there, and DataCite reports the DOI in this state with this address (read back).',
});
