/** What a job asks Catena to do; `none` for job types that only external systems handle. */
export const workflows = ['archive', 'retrieve', 'verify', 'reset', 'repair', 'migrate', 'none'] as const;
export type Workflow = (typeof workflows)[number];

export const phases = ['planning', 'packing', 'verifying', 'recalling', 'waiting'] as const;
export type Phase = (typeof phases)[number];

export const outcomes = ['succeeded', 'failed', 'partial', 'cancelled'] as const;
export type JobOutcome = (typeof outcomes)[number];

export const faultKinds = ['user', 'system'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** DataCite's words; a DOI that was made public never becomes a draft again. */
export const registeredDoiStates = ['draft', 'findable'] as const;
export type RegisteredDoiState = (typeof registeredDoiStates)[number];

export const registrationSteps = [
  'reading',
  'registering',
  'pushing',
  'publishing',
  'hiding',
  'reporting',
] as const;
export type RegistrationStep = (typeof registrationSteps)[number];

/** What may be asked for copies in the retrieval area. */
export const pinChanges = ['extend', 'release'] as const;
export type PinChange = (typeof pinChanges)[number];

/** What an operator says of a job: how urgent it is, when it goes on, that it is held, that it may go on. */
export const steeringWords = ['priority', 'defer', 'hold', 'go'] as const;
export type SteeringWord = (typeof steeringWords)[number];

/** Why work waits, or what holds it: a closed list. docs/operations.md explains each. */
export const waitCodes = [
  ...(['catalog.unsent', 'catalog.unaccepted', 'message.parked', 'plan.running', 'plan.waiting'] as const),
  ...(['limit.global', 'limit.group', 'limit.target', 'slot.kept'] as const),
  ...(['paused', 'deferred', 'window.closed'] as const),
  ...([
    'target.unknown',
    'quota.full',
    'work.unsent',
    'work.unaccepted',
    'work.queued',
    'work.waiting',
  ] as const),
  ...(['work.retrying', 'work.shared-recall', 'work.tape', 'work.silent', 'work.running'] as const),
  ...(['cold.restoring', 'worker.outside', 'source.away', 'copy.missing', 'register.waiting'] as const),
  ...(['cancel.waiting', 'external'] as const),
] as const;
export type WaitCode = (typeof waitCodes)[number];
