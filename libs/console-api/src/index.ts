export {
  actionOutcomes,
  actions,
  isActingName,
  longestActingName,
  ways,
  type Action,
  type ActionOutcome,
  type AuditEntry,
  type Said,
  type Way,
} from './actions.js';
export {
  changers,
  type Changer,
  type JobFact,
  type JobFacts,
  type MissingApp,
  type ToldFact,
  type Why,
  type WhyAnswer,
} from './facts.js';
export { changerOf, isOfKind, waitOrder, why, type AppFacts, type WaitWord } from './why.js';
export type { Page } from './page.js';
export {
  consoleEvents,
  signInStrategies,
  type ConsoleEvent,
  type ConsoleFault,
  type ConsoleJobs,
  type ConsoleSession,
  type ConsoleSettings,
  type FromAllApps,
  type Permission,
  type ShownJob,
  type ShownProgress,
  type SignInStrategy,
} from './console.js';
