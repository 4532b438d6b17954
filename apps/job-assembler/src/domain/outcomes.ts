import type { JobOutcome } from '#contracts';
import type { TaskState, WorkOrderState } from './states.js';

/** What the states of a dataset's work orders mean for the dataset. `undefined`: not over yet. */
export function outcomeOfWork(
  counts: Readonly<Partial<Record<WorkOrderState, number>>>,
): 'succeeded' | 'failed' | 'cancelled' | undefined {
  const of = (state: WorkOrderState): number => counts[state] ?? 0;
  if (of('drafted') + of('planned') + of('released') > 0) return undefined;
  // No work orders at all: nothing was done, so nothing has succeeded.
  if (of('done') + of('failed') + of('cancelled') === 0) return undefined;
  if (of('failed') > 0) return 'failed';
  return of('cancelled') > 0 ? 'cancelled' : 'succeeded';
}

/** What the states of a job's datasets mean for the job. `undefined`: not over yet. */
export function outcomeOfTasks(counts: Readonly<Partial<Record<TaskState, number>>>): JobOutcome | undefined {
  const of = (state: TaskState): number => counts[state] ?? 0;
  if (of('planning') + of('running') + of('registering') > 0) return undefined;
  if (of('cancelled') > 0) return 'cancelled';
  if (of('failed') === 0) return 'succeeded';
  return of('succeeded') > 0 ? 'partial' : 'failed';
}

/** The sentence a person reads at the end of a job. */
export function finalSentence(
  outcome: JobOutcome,
  counts: { succeeded: number; failed: number; cancelled: number },
  firstFault: string | undefined,
  done = 'done and verified',
): string {
  const { succeeded, failed, cancelled } = counts;
  switch (outcome) {
    case 'succeeded':
      return `All ${succeeded} dataset(s) ${done}.`;
    case 'failed':
      return `All ${failed} dataset(s) failed. ${firstFault ?? ''}`.trim();
    case 'partial':
      return `${succeeded} dataset(s) done, ${failed} failed. ${firstFault ?? ''}`.trim();
    case 'cancelled':
      return `Cancelled: ${cancelled} dataset(s) stopped, ${succeeded} were done before, ${failed} had failed.`;
  }
}
