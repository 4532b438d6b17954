export { chosen, operatedApps, wrongAppsFile, type OperatedApp } from './apps-file.js';
export { askApps, fromEach, whyJobs, type Answers } from './ask-apps.js';
export { Silences } from './silences.js';
export { nameOfUser } from './name-of-user.js';
export { boundedText } from './bounded-text.js';
export {
  operationsCall,
  plainCall,
  type Acting,
  type Answer,
  type Asker,
  type Call,
  type PlainAnswer,
} from './operations-calls.js';
