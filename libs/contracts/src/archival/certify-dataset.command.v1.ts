import { defineCommand } from '../define-message.js';
import { DatasetPid, JobId, WorkOrderId } from '../fields.js';
import { certificateDeclinedV1 } from './certificate-declined.event.v1.js';
import { datasetCertifiedV1 } from './dataset-certified.event.v1.js';
import { workCancelledV1 } from './work-cancelled.event.v1.js';
import { workFailedV1 } from './work-failed.event.v1.js';

/** A job has archived the dataset, or read all its copies again: certify what the archiver knows of it now. */
export class CertifyDatasetV1 {
  /** That of the dataset's first datablock, a slash and `certify`. */
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;
}

export const certifyDatasetV1 = defineCommand({
  type: 'archival.certify-dataset.v1',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 0 },
  answers: [datasetCertifiedV1, certificateDeclinedV1, workFailedV1, workCancelledV1],
  payload: CertifyDatasetV1,
  summary:
    'A job has archived the dataset, or read all its copies again: certify what the archiver knows of it now. An archiver without a key does nothing.',
});
