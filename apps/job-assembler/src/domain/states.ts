/** Which states may follow which. An end state has no followers. */
export type Steps<State extends string = string> = Readonly<Record<State, readonly State[]>>;

export type JobState = 'accepted' | 'running' | 'finished';
export type TaskState = 'planning' | 'running' | 'registering' | 'succeeded' | 'failed' | 'cancelled';
export type WorkOrderState = 'drafted' | 'planned' | 'released' | 'done' | 'failed' | 'cancelled';

/** A job is accepted until its plan is complete, or cannot be completed. */
export const jobSteps: Steps<JobState> = {
  accepted: ['running'],
  running: ['finished'],
  finished: [],
};

/** A dataset that is archived, or reset, is over when the catalogue says so. */
export const taskSteps: Steps<TaskState> = {
  planning: ['running', 'failed', 'cancelled'],
  running: ['registering', 'succeeded', 'failed', 'cancelled'],
  registering: ['succeeded', 'failed'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

/** Only what was released can end by itself; a draft is done at once where an earlier job has done it. */
export const workOrderSteps: Steps<WorkOrderState> = {
  drafted: ['planned', 'done', 'cancelled'],
  planned: ['released', 'cancelled'],
  released: ['done', 'failed', 'cancelled'],
  done: [],
  failed: [],
  cancelled: [],
};

/** Where nothing of a kind is over yet: states that others follow. */
export function openStates<State extends string>(steps: Steps<State>): State[] {
  return (Object.keys(steps) as State[]).filter((state) => steps[state].length > 0);
}
