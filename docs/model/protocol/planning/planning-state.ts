import { each, type Action } from '../../checker/model.js';

/** A job of one dataset with one datablock, at job-assembler. */
export type PlannedJob = {
  /** 0 accepted, 1 running, 2 over. */
  is: number;
  outcome: number;
  /** Its plan cannot be completed. */
  hasFault: number;
  /** 1: it is asked to end. */
  end: number;
  /** Fencing tokens of its planner, and of the planner of its dataset. */
  token: number;
  taskToken: number;
  task: number;
  /** Its work order, and the token of the planner that drafted it. */
  order: number;
  orderToken: number;
};

export type Planner = { at: number; job: number; token: number; taskToken: number };
export type Planning = { jobs: PlannedJob[]; planners: Planner[] };

export const job = { accepted: 0, running: 1, over: 2 } as const;
export const outcome = { none: 0, succeeded: 1, failed: 2, cancelled: 3 } as const;
export const task = { none: 0, planning: 1, running: 2, succeeded: 3, failed: 4, cancelled: 5 } as const;
export const order = {
  ...{ none: 0, drafted: 1, planned: 2, done: 3, failed: 4, cancelled: 5 },
} as const;
/** Where a planner is. */
export const at = {
  ...{ idle: 0, taskToTake: 1, draftsToDiscard: 2, toDraft: 3, toStart: 4, toFail: 5, whole: 6 },
  ...{ toCancel: 7, cancelling: 8, toEnd: 9, givingUp: 10 },
  ...{ mayGiveUp: 11, draftsCancelled: 12, unplannedFailed: 13 },
} as const;

export type PlanningFault =
  | 'a planner discards what a newer one has drafted'
  | 'a job that is to end is cancelled without a token'
  | 'a planner that gives up ends the work before the job'
  | 'work of a job that failed is released'
  | 'a dataset is started without a token'
  | 'a plan that was interrupted is left'
  | 'a job is over while its dataset is at work';

/** One action of a planner that is at a place. */
export function planning(
  name: string,
  of: readonly string[],
  places: readonly number[],
  then: (one: Planner, owner: PlannedJob) => unknown,
  when: (one: Planner, owner: PlannedJob) => boolean = () => true,
): Action<Planning> {
  return {
    ...{ name, of, cases: each(2) },
    when: ({ planners, jobs }, index) => {
      const one = planners[index]!;
      return places.includes(one.at) && when(one, jobs[one.job]!);
    },
    then: (state, index) => void then(state.planners[index]!, state.jobs[state.planners[index]!.job]!),
  };
}

export function rest(one: Planner): void {
  Object.assign(one, { at: at.idle, job: 0, token: 0, taskToken: 0 });
}

/** Drafts of these tokens go. */
export function discard(owner: PlannedJob, isMeant: (token: number) => boolean): void {
  if (owner.order === order.drafted && isMeant(owner.orderToken))
    Object.assign(owner, { order: order.none, orderToken: 0 });
}

/** What is over, and in no planner's hands, is of no interest any more. */
export function withoutWhatIsOver(state: Planning): Planning {
  const jobs = state.jobs.map((one, index) => {
    const isOpen = one.task === task.planning || one.task === task.running || one.order === order.planned;
    const isHeld = state.planners.some((planner) => planner.at !== at.idle && planner.job === index);
    if (one.is !== job.over || isOpen || isHeld) return one;
    const nothing = { outcome: 0, hasFault: 0, end: 0, token: 0, taskToken: 0 };
    return { ...one, ...nothing, task: 0, order: 0, orderToken: 0 };
  });
  return { ...state, jobs };
}

/** Tokens only ever rise, and matter by which is newer: they are numbered anew, without gaps. */
export function withSmallTokens(state: Planning): Planning {
  const jobs = state.jobs.map((one) => ({ ...one }));
  const planners = state.planners.map((one) => ({ ...one }));
  for (const [index, one] of jobs.entries()) {
    const mine = planners.filter((planner) => planner.at !== at.idle && planner.job === index);
    const token = ranksOf([one.token, ...mine.map((planner) => planner.token)]);
    const taskToken = ranksOf([one.taskToken, one.orderToken, ...mine.map((planner) => planner.taskToken)]);
    one.token = token[0]!;
    [one.taskToken, one.orderToken] = [taskToken[0]!, taskToken[1]!];
    for (const [place, planner] of mine.entries())
      [planner.token, planner.taskToken] = [token[place + 1]!, taskToken[place + 2]!];
  }
  return { ...state, jobs, planners };
}

/** Of each number how many different ones are smaller, none counted as one of them. */
function ranksOf(numbers: readonly number[]): number[] {
  return numbers.map((one) => {
    let rank = 0;
    for (let below = one > 0 ? 0 : 1; below < one; below += 1)
      if (below === 0 || numbers.includes(below)) rank += 1;
    return rank;
  });
}
