export { fileListDifference, membersOf, refuseDifference, type FileOfDataset } from './file-lists.js';
export { tapeCopiesOf } from './job-params.js';
export { cancelledCode, finalWordOf, resultObjectOf } from './job-words.js';
export {
  cancelStep,
  failureStep,
  lifecycleSteps,
  marks,
  type Lifecycle,
  type LifecycleStep,
  type MarkingWorkflow,
} from './lifecycle-steps.js';
export { flagOf, isExclusive } from './workflow-needs.js';
export { reportedDatablocks } from './reported-datablocks.js';
