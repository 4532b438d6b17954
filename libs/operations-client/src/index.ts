export { chosen, operatedApps, wrongAppsFile, type OperatedApp } from './apps-file.js';
export { askApps, whyJobs, type Answers } from './ask-apps.js';
export { nameOfUser } from './name-of-user.js';
export { operationsCall, type Acting, type Answer, type Call } from './operations-calls.js';
