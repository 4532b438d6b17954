import { each, type Action } from '../../checker/model.js';

/** An archive job in the catalogue, its claim of the dataset, and what job-assembler says of it. */
export type Job = {
  /** 0 not posted, 1 being stored, 2 accepted, 3 over, 4 never was. */
  is: number;
  /** Its claim: 0 none, 1 open, 2 ended. */
  claim: number;
  /** Its `at`, which tells it from the claim that a sweep makes of it. */
  claimedAt: number;
  /** 0 its dataset is at work, 1 archived, 2 the catalogue has taken that in; 3 it is over without. Then 4: the job is reported as over. */
  told: number;
  /** Where its creator is, and who had written the claim when it looked. */
  at: number;
  saw: number;
  /** 1: the dataset is as its creator read it. */
  isFresh: number;
};

/** A process that puts claims back, or takes in reports: where it is, for which job, and the claim it saw. */
export type Helper = { at: number; job: number; claimedAt: number; isFresh: number };

export type Claims = {
  jobs: Job[];
  /** The dataset says: 0 archivable, 1 scheduled, 2 archived. */
  says: number;
  sweeps: Helper[];
  reports: Helper[];
  crashes: number;
};

export type ClaimsFault =
  | 'no unique index on claims'
  | 'the claim goes before the flags are back'
  | 'a dataset is written without its version'
  | 'an accepted job may be given up'
  | 'a job that was given up lets go of claims of a sweep'
  | 'the end of a job puts back what has ended'
  | 'claims of accepted jobs are swept'
  | 'orphans are not looked for'
  | 'the end of a job keeps its claims';

export const creator = {
  idle: 0,
  posted: 1,
  claimed: 2,
  read: 3,
  marked: 4,
  refused: 5,
  puttingBack: 6,
  looking: 9,
  writing: 7,
  releasing: 8,
} as const;
export const sweep = { idle: 0, seen: 1, taken: 2, read: 3, writing: 4, releasing: 5 } as const;
export const report = {
  idle: 0,
  registering: 1,
  checked: 2,
  ending: 3,
  undoing: 4,
  held: 5,
  releasing: 6,
  reporting: 7,
} as const;
export const is = { absent: 0, storing: 1, accepted: 2, over: 3, gone: 4 } as const;

/** Of one that is scheduled; other words stay. */
export function before({ says }: Claims): number {
  return says === 1 ? 0 : says;
}

/** One write that asks for the version that was read, and raises it: whoever has read before writes nothing any more. */
export function writes(
  fault: ClaimsFault | undefined,
  state: Claims,
  one: { isFresh: number },
  says: number,
): boolean {
  const isCurrent = one.isFresh === 1 || fault === 'a dataset is written without its version';
  one.isFresh = 0;
  if (!isCurrent) return false;
  state.says = says;
  for (const other of [...state.jobs, ...state.sweeps, ...state.reports]) other.isFresh = 0;
  return true;
}

/** Of a claim that is written now: nobody has seen it yet. */
export function freshTime({ jobs: all, sweeps }: Claims): number {
  const seen = [
    ...all.flatMap(({ saw, claimedAt }) => [saw, claimedAt]),
    ...sweeps.map((one) => one.claimedAt),
  ];
  return [1, 2, 3, 4, 5, 6, 7].find((time) => !seen.includes(time))!;
}

export function rest(one: Helper): void {
  Object.assign(one, { at: 0, job: 0, claimedAt: 0, isFresh: 0 });
}

export function step(
  name: string,
  of: readonly string[],
  when: (job: Job) => boolean,
  then: (state: Claims, job: Job) => void,
): Action<Claims> {
  return {
    ...{ name, of, cases: each(2) },
    when: (state, job) => when(state.jobs[job]!),
    then: (state, job) => then(state, state.jobs[job]!),
  };
}

export function helping(
  kind: 'sweeps' | 'reports',
  at: number,
  name: string,
  of: readonly string[],
  then: (state: Claims, one: Helper, job: Job) => void,
): Action<Claims> {
  return {
    ...{ name, of, cases: each(2) },
    when: (state, one) => state[kind][one]!.at === at,
    then: (state, one) => then(state, state[kind][one]!, state.jobs[state[kind][one]!.job]!),
  };
}

export function death(kind: 'sweeps' | 'reports', name: string): Action<Claims> {
  return {
    ...{ name, of: [], isFault: true, cases: each(2) },
    when: (state, one) => state.crashes > 0 && state[kind][one]!.at > 0,
    then: (state, one) => {
      rest(state[kind][one]!);
      state.crashes -= 1;
    },
  };
}
