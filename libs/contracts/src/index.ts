export {
  appNames,
  defineCommand,
  defineEvent,
  type AnswerTo,
  type AppName,
  type CommandContract,
  type MessageContract,
  type MessageKey,
  type MessageOrder,
} from './define-message.js';
export { Envelope } from './envelope.js';
export { ObjectReference } from './object-reference.js';
export { OriginalsSource } from './originals-source.js';
export { contractOf, registry } from './registry.js';
export {
  faultKinds,
  outcomes,
  phases,
  registeredDoiStates,
  registrationSteps,
  waitCodes,
  workflows,
  type FaultKind,
  type JobOutcome,
  type Phase,
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
