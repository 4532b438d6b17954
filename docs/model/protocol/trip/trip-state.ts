/** Messages about one job: each is unsaid, said (it lies in an outbox), or handled and recorded. */
export const messages = [
  'submitted',
  'cancelRequested',
  'archiveDatablock',
  'cancelWork',
  'result',
  'datasetArchived',
  'datasetEnded',
  'answer',
  'jobFinished',
] as const;
export type MessageName = (typeof messages)[number];

const unsaid = 0;
export const said = 1;
export const handled = 2;

/** A dataset's part of a job, at job-assembler. */
export const task = {
  ...{ none: 0, planning: 1, running: 2, registering: 3, succeeded: 4, failed: 5, cancelled: 6 },
} as const;
/** A work order, at job-assembler. */
export const order = {
  ...{ none: 0, drafted: 1, planned: 2, released: 3, done: 4, failed: 5, cancelled: 6 },
} as const;
/** The same, at the archiver. */
export const work = { none: 0, open: 1, done: 2, failed: 3, cancelled: 4 } as const;
/** A job, in the catalogue and at job-assembler. */
export const job = { none: 0, accepted: 1, running: 2, over: 3 } as const;
export const outcome = { none: 0, succeeded: 1, failed: 2, cancelled: 3 } as const;
export const claim = { none: 0, open: 1, ended: 2 } as const;
export const verdict = { none: 0, registered: 1, refused: 2 } as const;
export const flags = { archivable: 0, scheduled: 1, archived: 2 } as const;

export type TripJob = {
  catalogue: {
    is: number;
    outcome: number;
    isAskedToEnd: number;
    claim: number;
    verdict: number;
    ending: number;
  };
  assembler: {
    is: number;
    outcome: number;
    isAskedToEnd: number;
    task: number;
    order: number;
    /** Of a release of drafts that is under way: 0 none, else whether it saw that the job is to end (2) or not (1). */
    release: number;
    /** Of a cancellation that is under way: writes that are done. */
    stopping: number;
  };
  archiver: { is: number; isAskedToEnd: number };
  messages: Record<MessageName, number>;
  /** What the result says, as the state of the work; and what the catalogue's answer says, as the verdict. */
  result: number;
  answer: number;
};

export type Trip = { jobs: TripJob[]; flags: number; crashes: number };

export type TripFault =
  | 'drafts are planned whatever was asked for'
  | 'an end is not for good'
  | 'a claim is not looked for'
  | 'a failed dataset is taken for archived'
  | 'a failure is taken for a success'
  | 'what was cancelled counts as done'
  | 'a failure is called a cancellation'
  | 'a job that is over can be cancelled'
  | 'the dataset is registered when its work is done'
  | 'a job ends before its news is heard'
  | 'a claim goes when its job is asked to end'
  | 'a claim stays when its job is over'
  | 'a late report needs no claim'
  | 'a request that overtakes its job is forgotten';

export interface TripOptions {
  readonly crashes: number;
  readonly fault?: TripFault;
}

export function newJob(): TripJob {
  const unsaidAll = Object.fromEntries(messages.map((name) => [name, unsaid])) as Record<MessageName, number>;
  return {
    catalogue: { is: 0, outcome: 0, isAskedToEnd: 0, claim: 0, verdict: 0, ending: 0 },
    assembler: { is: 0, outcome: 0, isAskedToEnd: 0, task: 0, order: 0, release: 0, stopping: 0 },
    archiver: { is: 0, isAskedToEnd: 0 },
    messages: unsaidAll,
    ...{ result: 0, answer: 0 },
  };
}
