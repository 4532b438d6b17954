export {
  appNames,
  appsAmong,
  defineCommand,
  defineEvent,
  type AnswerTo,
  type AppName,
  type CommandContract,
  type MessageContract,
  type MessageKey,
  type MessageOrder,
  type PartyName,
} from './define-message.js';
export { Envelope } from './envelope.js';
export { ObjectReference } from './object-reference.js';
export { DatasetOfJob } from './catalog/dataset-of-job.js';
export { OriginalsSource } from './originals-source.js';
export { Selection } from './archival/selection.js';
export { contractOf, registry } from './registry.js';
export {
  faultKinds,
  outcomes,
  phases,
  pinChanges,
  registeredDoiStates,
  registrationSteps,
  waitCodes,
  workflows,
  type FaultKind,
  type JobOutcome,
  type Phase,
  type PinChange,
  type RegisteredDoiState,
  type RegistrationStep,
  type WaitCode,
  type Workflow,
} from './vocabulary.js';
export { parseEnvelope, parsePayload } from './parse.js';
export { JobSubmittedV1, jobSubmittedV1 } from './catalog/job-submitted.event.v1.js';
export { JobCancelRequestedV1, jobCancelRequestedV1 } from './catalog/job-cancel-requested.event.v1.js';
export { DatasetRegisteredV1, datasetRegisteredV1 } from './catalog/dataset-registered.event.v1.js';
export {
  DatasetRegistrationRefusedV1,
  datasetRegistrationRefusedV1,
} from './catalog/dataset-registration-refused.event.v1.js';
export { DatasetResetV1, datasetResetV1 } from './catalog/dataset-reset.event.v1.js';
export { DatasetResetRefusedV1, datasetResetRefusedV1 } from './catalog/dataset-reset-refused.event.v1.js';
export { JobStartedV1, jobStartedV1 } from './assembly/job-started.event.v1.js';
export {
  JobProgressedV1,
  jobProgressedV1,
  WaitFact,
  WaitReasonV1,
} from './assembly/job-progressed.event.v1.js';
export { JobFinishedV1, jobFinishedV1, maxMailAddresses } from './assembly/job-finished.event.v1.js';
export { DatasetStartedV1, datasetStartedV1 } from './assembly/dataset-started.event.v1.js';
export { DatasetArchivedV1, datasetArchivedV1 } from './assembly/dataset-archived.event.v1.js';
export { DatasetRetrievedV1, datasetRetrievedV1 } from './assembly/dataset-retrieved.event.v1.js';
export { DatasetVerifiedV1, datasetVerifiedV1 } from './assembly/dataset-verified.event.v1.js';
export {
  DatasetResetPreparedV1,
  datasetResetPreparedV1,
} from './assembly/dataset-reset-prepared.event.v1.js';
export {
  DatasetCopiesChangedV1,
  datasetCopiesChangedV1,
} from './assembly/dataset-copies-changed.event.v1.js';
export { DatasetFailedV1, datasetFailedV1 } from './assembly/dataset-failed.event.v1.js';
export { DatasetCancelledV1, datasetCancelledV1 } from './assembly/dataset-cancelled.event.v1.js';
export { ArchiveDatablockV1, archiveDatablockV1 } from './archival/archive-datablock.command.v1.js';
export { RetrieveDatablockV1, retrieveDatablockV1 } from './archival/retrieve-datablock.command.v1.js';
export { VerifyDatablockV1, verifyDatablockV1 } from './archival/verify-datablock.command.v1.js';
export { RepairDatablockV1, repairDatablockV1 } from './archival/repair-datablock.command.v1.js';
export { MoveCopyV1, moveCopyV1 } from './archival/move-copy.command.v1.js';
export { ReleaseOriginalsV1, releaseOriginalsV1 } from './archival/release-originals.command.v1.js';
export { DiscardDatablockV1, discardDatablockV1 } from './archival/discard-datablock.command.v1.js';
export { CertifyDatasetV1, certifyDatasetV1 } from './archival/certify-dataset.command.v1.js';
export { CancelWorkV1, cancelWorkV1 } from './archival/cancel-work.command.v1.js';
export { ChangePinsV1, changePinsV1 } from './archival/change-pins.command.v1.js';
export { PinsChangedV1, pinsChangedV1 } from './archival/pins-changed.event.v1.js';
export { WorkProgressedV1, workProgressedV1 } from './archival/work-progressed.event.v1.js';
export { DatablockArchivedV1, datablockArchivedV1 } from './archival/datablock-archived.event.v1.js';
export { DatablockRetrievedV1, datablockRetrievedV1 } from './archival/datablock-retrieved.event.v1.js';
export { DatablockVerifiedV1, datablockVerifiedV1 } from './archival/datablock-verified.event.v1.js';
export { DatablockRepairedV1, datablockRepairedV1 } from './archival/datablock-repaired.event.v1.js';
export { CopyMovedV1, copyMovedV1 } from './archival/copy-moved.event.v1.js';
export { OriginalsReleasedV1, originalsReleasedV1 } from './archival/originals-released.event.v1.js';
export { DatasetCertifiedV1, datasetCertifiedV1 } from './archival/dataset-certified.event.v1.js';
export { CertificateDeclinedV1, certificateDeclinedV1 } from './archival/certificate-declined.event.v1.js';
export {
  CertificateKeyAnnouncedV1,
  certificateKeyAnnouncedV1,
} from './archival/certificate-key-announced.event.v1.js';
export { WorkFailedV1, workFailedV1 } from './archival/work-failed.event.v1.js';
export { WorkCancelledV1, workCancelledV1 } from './archival/work-cancelled.event.v1.js';
export { StoreCopyV1, storeCopyV1 } from './archival/store-copy.command.v1.js';
export { VerifyCopyV1, verifyCopyV1 } from './archival/verify-copy.command.v1.js';
export { RecallCopyV1, recallCopyV1 } from './archival/recall-copy.command.v1.js';
export { RemoveCopyV1, removeCopyV1 } from './archival/remove-copy.command.v1.js';
export { CancelCopyV1, cancelCopyV1 } from './archival/cancel-copy.command.v1.js';
export { CopyAcceptedV1, copyAcceptedV1 } from './archival/copy-accepted.event.v1.js';
export { CopyProgressedV1, copyProgressedV1 } from './archival/copy-progressed.event.v1.js';
export { CopyStoredV1, copyStoredV1 } from './archival/copy-stored.event.v1.js';
export { CopyVerifiedV1, copyVerifiedV1 } from './archival/copy-verified.event.v1.js';
export { CopyRecalledV1, copyRecalledV1 } from './archival/copy-recalled.event.v1.js';
export { CopyRemovedV1, copyRemovedV1 } from './archival/copy-removed.event.v1.js';
export { CopyCancelledV1, copyCancelledV1 } from './archival/copy-cancelled.event.v1.js';
export { CopyFailedV1, copyFailedV1 } from './archival/copy-failed.event.v1.js';
export { OfferUploadV1, offerUploadV1 } from './archival/offer-upload.command.v1.js';
export { TakeUploadV1, takeUploadV1 } from './archival/take-upload.command.v1.js';
export { ConfirmDiscardV1, confirmDiscardV1 } from './archival/confirm-discard.command.v1.js';
export { UploadOfferedV1, uploadOfferedV1 } from './archival/upload-offered.event.v1.js';
export { DiscardConfirmedV1, discardConfirmedV1 } from './archival/discard-confirmed.event.v1.js';
export { PublicationPublishedV1, publicationPublishedV1 } from './catalog/publication-published.event.v1.js';
export { PublicationSubmittedV1, publicationSubmittedV1 } from './catalog/publication-submitted.event.v1.js';
export { PublicationAmendedV1, publicationAmendedV1 } from './catalog/publication-amended.event.v1.js';
export { PublicationWithdrawnV1, publicationWithdrawnV1 } from './catalog/publication-withdrawn.event.v1.js';
export {
  RegistrationConfirmedV1,
  registrationConfirmedV1,
} from './publication/registration-confirmed.event.v1.js';
export { RegistrationRefusedV1, registrationRefusedV1 } from './publication/registration-refused.event.v1.js';
export {
  RegistrationProgressedV1,
  registrationProgressedV1,
} from './publication/registration-progressed.event.v1.js';
export { WithdrawalConfirmedV1, withdrawalConfirmedV1 } from './publication/withdrawal-confirmed.event.v1.js';
export { JobSteeredV1, jobSteeredV1 } from './assembly/job-steered.event.v1.js';
export { FieldProblem } from './field-problem.js';
export {
  isToldInMessage,
  maxDatasetsOfJob,
  maxNamesOfJob,
  maxToldListBytes,
  type DatablockLine,
  type DatasetListLine,
  type DatasetResultLine,
  type FileLine,
  type PinLine,
  type ResetLine,
  type SelectionLine,
} from './lists.js';
