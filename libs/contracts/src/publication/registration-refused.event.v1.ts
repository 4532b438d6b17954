import { FieldProblem } from '../field-problem.js';
import { defineEvent } from '../define-message.js';
import { Doi, ErrorCode, NestedList, PublicationVersion, Sentence } from '../fields.js';

/** DataCite, or the checks before it, will not take this version however often it is sent. Nothing of it became public; the author has to change the fields that are named. */
export class RegistrationRefusedV1 {
  @Doi()
  doi: string;

  @PublicationVersion()
  version: number;

  @ErrorCode()
  code: string;

  @Sentence()
  message: string;

  @NestedList(() => FieldProblem, 100)
  problems: FieldProblem[];
}

export const registrationRefusedV1 = defineEvent({
  type: 'publication.registration-refused.v1',
  emitter: 'publisher',
  consumers: ['catalog-api'],
  about: 'doi',
  order: { within: 'doi', place: 'version' },
  payload: RegistrationRefusedV1,
  summary:
    'DataCite, or the checks before it, will not take this version however often it is sent. Nothing of it became public; the author has to change the fields that are named.',
});
