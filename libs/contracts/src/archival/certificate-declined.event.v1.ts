import { defineEvent } from '../define-message.js';
import { DatasetPid, ErrorCode, JobId, Sentence, WorkOrderId } from '../fields.js';

/** What the archiver knows of the dataset now is not what a certificate may say: none was issued. No job fails by it. */
export class CertificateDeclinedV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  @ErrorCode()
  code: string;

  /** Why, for people. */
  @Sentence()
  message: string;
}

export const certificateDeclinedV1 = defineEvent({
  type: 'archival.certificate-declined.v1',
  emitter: 'archiver',
  consumers: ['catalog-api', 'job-assembler'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 9 },
  payload: CertificateDeclinedV1,
  summary:
    'What the archiver knows of the dataset now is not what a certificate may say: none was issued. No job fails by it.',
});
