import { IsISO8601, Matches } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { DatasetPid, JobId, Nested, WorkOrderId } from '../fields.js';
import { ObjectReference } from '../object-reference.js';

/** The archiver has signed a certificate of the dataset: what of it is stored where, with which checksums, verified when. */
export class DatasetCertifiedV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** The id of the key that signed it. */
  @Matches(/^[A-Za-z0-9_-]{43}$/)
  kid: string;

  @IsISO8601({ strict: true })
  issuedAt: string;

  /** The certificate: a JWS in flattened JSON. */
  @Nested(() => ObjectReference)
  certificate: ObjectReference;
}

export const datasetCertifiedV1 = defineEvent({
  type: 'archival.dataset-certified.v1',
  emitter: 'archiver',
  consumers: ['catalog-api', 'job-assembler'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 9 },
  payload: DatasetCertifiedV1,
  summary:
    'The archiver has signed a certificate of the dataset: what of it is stored where, with which checksums, verified when.',
});
