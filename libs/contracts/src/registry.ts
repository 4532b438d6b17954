import type { MessageContract } from './define-message.js';
import { jobSubmittedV1 } from './catalog/job-submitted.event.v1.js';
import { jobCancelRequestedV1 } from './catalog/job-cancel-requested.event.v1.js';
import { datasetRegisteredV1 } from './catalog/dataset-registered.event.v1.js';
import { datasetRegistrationRefusedV1 } from './catalog/dataset-registration-refused.event.v1.js';
import { datasetResetV1 } from './catalog/dataset-reset.event.v1.js';
import { datasetResetRefusedV1 } from './catalog/dataset-reset-refused.event.v1.js';
import { jobStartedV1 } from './assembly/job-started.event.v1.js';
import { jobProgressedV1 } from './assembly/job-progressed.event.v1.js';
import { jobFinishedV1 } from './assembly/job-finished.event.v1.js';
import { datasetStartedV1 } from './assembly/dataset-started.event.v1.js';
import { datasetArchivedV1 } from './assembly/dataset-archived.event.v1.js';
import { datasetRetrievedV1 } from './assembly/dataset-retrieved.event.v1.js';
import { datasetVerifiedV1 } from './assembly/dataset-verified.event.v1.js';
import { datasetCopiesChangedV1 } from './assembly/dataset-copies-changed.event.v1.js';
import { datasetResetPreparedV1 } from './assembly/dataset-reset-prepared.event.v1.js';
import { datasetFailedV1 } from './assembly/dataset-failed.event.v1.js';
import { datasetCancelledV1 } from './assembly/dataset-cancelled.event.v1.js';
import { archiveDatablockV1 } from './archival/archive-datablock.command.v1.js';
import { retrieveDatablockV1 } from './archival/retrieve-datablock.command.v1.js';
import { verifyDatablockV1 } from './archival/verify-datablock.command.v1.js';
import { moveCopyV1 } from './archival/move-copy.command.v1.js';
import { repairDatablockV1 } from './archival/repair-datablock.command.v1.js';
import { releaseOriginalsV1 } from './archival/release-originals.command.v1.js';
import { discardDatablockV1 } from './archival/discard-datablock.command.v1.js';
import { certifyDatasetV1 } from './archival/certify-dataset.command.v1.js';
import { cancelWorkV1 } from './archival/cancel-work.command.v1.js';
import { changePinsV1 } from './archival/change-pins.command.v1.js';
import { pinsChangedV1 } from './archival/pins-changed.event.v1.js';
import { workProgressedV1 } from './archival/work-progressed.event.v1.js';
import { datablockArchivedV1 } from './archival/datablock-archived.event.v1.js';
import { datablockRetrievedV1 } from './archival/datablock-retrieved.event.v1.js';
import { datablockVerifiedV1 } from './archival/datablock-verified.event.v1.js';
import { copyMovedV1 } from './archival/copy-moved.event.v1.js';
import { datablockRepairedV1 } from './archival/datablock-repaired.event.v1.js';
import { originalsReleasedV1 } from './archival/originals-released.event.v1.js';
import { datasetCertifiedV1 } from './archival/dataset-certified.event.v1.js';
import { certificateDeclinedV1 } from './archival/certificate-declined.event.v1.js';
import { certificateKeyAnnouncedV1 } from './archival/certificate-key-announced.event.v1.js';
import { workFailedV1 } from './archival/work-failed.event.v1.js';
import { workCancelledV1 } from './archival/work-cancelled.event.v1.js';
import { storeCopyV1 } from './archival/store-copy.command.v1.js';
import { verifyCopyV1 } from './archival/verify-copy.command.v1.js';
import { recallCopyV1 } from './archival/recall-copy.command.v1.js';
import { removeCopyV1 } from './archival/remove-copy.command.v1.js';
import { cancelCopyV1 } from './archival/cancel-copy.command.v1.js';
import { copyAcceptedV1 } from './archival/copy-accepted.event.v1.js';
import { copyProgressedV1 } from './archival/copy-progressed.event.v1.js';
import { copyStoredV1 } from './archival/copy-stored.event.v1.js';
import { copyVerifiedV1 } from './archival/copy-verified.event.v1.js';
import { copyRecalledV1 } from './archival/copy-recalled.event.v1.js';
import { copyRemovedV1 } from './archival/copy-removed.event.v1.js';
import { copyCancelledV1 } from './archival/copy-cancelled.event.v1.js';
import { copyFailedV1 } from './archival/copy-failed.event.v1.js';
import { offerUploadV1 } from './archival/offer-upload.command.v1.js';
import { takeUploadV1 } from './archival/take-upload.command.v1.js';
import { confirmDiscardV1 } from './archival/confirm-discard.command.v1.js';
import { uploadOfferedV1 } from './archival/upload-offered.event.v1.js';
import { discardConfirmedV1 } from './archival/discard-confirmed.event.v1.js';
import { publicationPublishedV1 } from './catalog/publication-published.event.v1.js';
import { publicationSubmittedV1 } from './catalog/publication-submitted.event.v1.js';
import { publicationAmendedV1 } from './catalog/publication-amended.event.v1.js';
import { publicationWithdrawnV1 } from './catalog/publication-withdrawn.event.v1.js';
import { registrationConfirmedV1 } from './publication/registration-confirmed.event.v1.js';
import { registrationRefusedV1 } from './publication/registration-refused.event.v1.js';
import { registrationProgressedV1 } from './publication/registration-progressed.event.v1.js';
import { withdrawalConfirmedV1 } from './publication/withdrawal-confirmed.event.v1.js';
import { jobSteeredV1 } from './assembly/job-steered.event.v1.js';

/** Every message of Catena, oldest context first. */
export const registry: readonly MessageContract[] = [
  jobSubmittedV1,
  jobCancelRequestedV1,
  datasetRegisteredV1,
  datasetRegistrationRefusedV1,
  datasetResetV1,
  datasetResetRefusedV1,
  jobStartedV1,
  jobProgressedV1,
  jobFinishedV1,
  datasetStartedV1,
  datasetArchivedV1,
  datasetRetrievedV1,
  datasetVerifiedV1,
  datasetCopiesChangedV1,
  datasetResetPreparedV1,
  datasetFailedV1,
  datasetCancelledV1,
  archiveDatablockV1,
  retrieveDatablockV1,
  verifyDatablockV1,
  repairDatablockV1,
  moveCopyV1,
  releaseOriginalsV1,
  discardDatablockV1,
  certifyDatasetV1,
  cancelWorkV1,
  changePinsV1,
  workProgressedV1,
  datablockArchivedV1,
  datablockRetrievedV1,
  datablockVerifiedV1,
  datablockRepairedV1,
  copyMovedV1,
  originalsReleasedV1,
  datasetCertifiedV1,
  certificateDeclinedV1,
  certificateKeyAnnouncedV1,
  pinsChangedV1,
  workFailedV1,
  workCancelledV1,
  storeCopyV1,
  verifyCopyV1,
  recallCopyV1,
  removeCopyV1,
  cancelCopyV1,
  copyAcceptedV1,
  copyProgressedV1,
  copyStoredV1,
  copyVerifiedV1,
  copyRecalledV1,
  copyRemovedV1,
  copyCancelledV1,
  copyFailedV1,
  offerUploadV1,
  takeUploadV1,
  confirmDiscardV1,
  uploadOfferedV1,
  discardConfirmedV1,
  publicationPublishedV1,
  publicationSubmittedV1,
  publicationAmendedV1,
  publicationWithdrawnV1,
  registrationConfirmedV1,
  registrationRefusedV1,
  registrationProgressedV1,
  withdrawalConfirmedV1,
  jobSteeredV1,
];

const byType = new Map(registry.map((contract) => [contract.type, contract]));

/** The contract of a type string, or undefined for a type this build does not know. */
export function contractOf(type: string): MessageContract | undefined {
  return byType.get(type);
}
