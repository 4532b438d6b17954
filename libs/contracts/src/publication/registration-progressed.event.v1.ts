import { IsIn } from 'class-validator';
import { registrationSteps, type RegistrationStep } from '../vocabulary.js';
import { defineEvent } from '../define-message.js';
import { Count, Doi, PublicationVersion, Sentence } from '../fields.js';

/** Where the registration of a version stands, for people who wait for it. */
export class RegistrationProgressedV1 {
  @Doi()
  doi: string;

  @PublicationVersion()
  version: number;

  @IsIn(registrationSteps)
  step: RegistrationStep;

  /** Tries of this step that failed so far. */
  @Count()
  attempts: number;

  @Sentence()
  message: string;
}

export const registrationProgressedV1 = defineEvent({
  type: 'publication.registration-progressed.v1',
  emitter: 'publisher',
  consumers: ['catalog-api'],
  transient: true,
  about: 'doi',
  order: { within: 'doi', place: 0 },
  payload: RegistrationProgressedV1,
  summary: 'Where the registration of a version stands, for people who wait for it.',
});
