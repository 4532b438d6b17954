import { each, pairs, type Action } from '../../checker/model.js';
import {
  at,
  discard,
  job,
  order,
  planning,
  rest,
  task,
  type PlannedJob,
  type Planner,
  type Planning,
  type PlanningFault,
} from './planning-state.js';

const loop = 'apps/job-assembler/src/plan-job/planning-loop.ts#PlanningLoop';
const wholePlanner = 'apps/job-assembler/src/plan-job/job-planner.ts#JobPlanner';
const planner = 'apps/job-assembler/src/plan-job/dataset-planner.ts#DatasetPlanner';
const jobs = 'apps/job-assembler/src/persistence/mongo-jobs.ts#MongoJobs';
const tasks = 'apps/job-assembler/src/persistence/mongo-dataset-tasks.ts#MongoDatasetTasks';
const orders = 'apps/job-assembler/src/persistence/mongo-work-orders.ts#MongoWorkOrders';

/** Two planners, of two processes, that may sleep for longer than their leases. */
export function plannerActions(fault: PlanningFault | undefined): Action<Planning>[] {
  return [
    {
      name: 'a planner takes a job that is due, and looks at it',
      of: [`${loop}.round`, `${jobs}.takeDue`, `${wholePlanner}.planUnder`, `${jobs}.find`],
      // Its lease, if another planner has it, is over: time passes unseen. And the job as a whole can be planned, or not.
      cases: pairs(pairs(each(2), each(2)), each(2)),
      when: ({ jobs: all, planners }, index, one) =>
        planners[one]!.at === at.idle &&
        all[index]!.is === job.accepted &&
        (fault !== 'a plan that was interrupted is left' || all[index]!.token === 0),
      then: ({ jobs: all, planners }, index, one, cannot) => {
        const owner = all[index]!;
        owner.token += 1;
        const next = cannot === 1 ? at.givingUp : owner.end > 0 ? at.toCancel : at.taskToTake;
        Object.assign(planners[one]!, { at: next, job: index, token: owner.token });
      },
    },
    planning(
      'a planner takes the dataset, unless that is planned',
      [`${planner}.plan`, `${tasks}.begin`, `${tasks}.takeOver`],
      [at.taskToTake],
      (one, owner) => {
        if (owner.task > task.planning) one.at = at.whole;
        else takeTask(one, owner, at.draftsToDiscard);
      },
    ),
    planning(
      'a planner discards drafts of earlier ones',
      [`${planner}.plan`, `${orders}.discardDraftsBefore`],
      [at.draftsToDiscard],
      (one, owner) => {
        discardFor(one, owner, fault === 'a planner discards what a newer one has drafted');
        one.at = at.toDraft;
      },
    ),
    planning(
      'a planner drafts the work order, unless a newer one has',
      ['apps/job-assembler/src/plan-job/dataset-drafts.ts#DatasetDrafts.draft', `${orders}.draft`],
      [at.toDraft],
      (one, owner) => {
        const isOlder = owner.order === order.drafted && owner.orderToken <= one.taskToken;
        if (owner.order !== order.none && !isOlder) return rest(one);
        Object.assign(owner, { order: order.drafted, orderToken: one.taskToken });
        one.at = at.toStart;
      },
    ),
    planning(
      'the dataset cannot be planned, and its planner discards its drafts',
      [`${planner}.plan`, `${orders}.discardDrafts`],
      [at.toDraft],
      (one, owner) => {
        discard(owner, (token) => token === one.taskToken);
        one.at = at.toFail;
      },
    ),
    planning(
      'the dataset fails, unless a newer planner has it',
      [`${planner}.plan`, `${tasks}.end`],
      [at.toFail],
      (one, owner) => {
        const isMine = owner.taskToken === one.taskToken;
        if (owner.task === task.planning && !isMine) return rest(one);
        if (owner.task === task.planning) owner.task = task.failed;
        return Object.assign(one, { at: at.whole });
      },
    ),
    planning(
      'the plan of the dataset is complete, unless a newer planner has it',
      [`${planner}.start`, `${tasks}.start`],
      [at.toStart],
      (one, owner) => {
        const isMine = owner.taskToken === one.taskToken || fault === 'a dataset is started without a token';
        if (owner.task === task.planning && isMine) owner.task = task.running;
        if (isMine && owner.task >= task.running) one.at = at.whole;
        else stopDrafting(one, owner);
      },
    ),
    planning(
      'a planner hears that it was overtaken, and discards its drafts',
      [
        'apps/job-assembler/src/plan-job/planning-lease.ts#PlanningLease.renew',
        `${jobs}.renew`,
        `${planner}.plan`,
        `${orders}.discardDrafts`,
      ],
      [at.taskToTake, at.draftsToDiscard, at.toDraft, at.toStart, at.toCancel],
      stopDrafting,
      (one, owner) => owner.token !== one.token || owner.is !== job.accepted,
    ),
    planning(
      'a planner cannot go on now, and the job is due again',
      [`${loop}.plan`, `${jobs}.planAgainAfter`],
      [at.taskToTake, at.draftsToDiscard, at.toDraft, at.toStart],
      (one, owner) => {
        if (isTaken(one, owner)) owner.token += 1;
        rest(one);
      },
    ),
    planning(
      'a planner ends what was not begun, or takes what is being planned',
      [`${wholePlanner}.cancelRest`, `${tasks}.cancelUnbegun`, `${tasks}.begin`, `${tasks}.takeOver`],
      [at.toCancel],
      (one, owner) => {
        const isBeingPlanned = owner.task === task.planning;
        if (isBeingPlanned && fault === 'a job that is to end is cancelled without a token')
          one.at = at.cancelling;
        else if (isBeingPlanned) takeTask(one, owner, at.cancelling);
        else {
          if (owner.task === task.none) owner.task = task.cancelled;
          one.at = at.whole;
        }
      },
    ),
    planning(
      'a planner discards the drafts of a dataset that is to end',
      [`${planner}.cancel`, `${orders}.discardDraftsBefore`],
      [at.cancelling],
      (one, owner) => {
        discardFor(one, owner, fault === 'a job that is to end is cancelled without a token');
        one.at = at.toEnd;
      },
    ),
    planning(
      'a dataset that was being planned is cancelled',
      [`${planner}.cancel`, `${tasks}.end`],
      [at.toEnd],
      (one, owner) => {
        if (owner.task === task.planning) owner.task = task.cancelled;
        one.at = at.whole;
      },
    ),
    planning(
      'the plan of the job is complete',
      [`${loop}.turnOf`, `${jobs}.start`],
      [at.whole],
      (one, owner) => {
        if (owner.is === job.accepted) owner.is = job.running;
        rest(one);
      },
    ),
    ...givingUp(fault),
    {
      name: 'a planner dies, however often',
      of: [],
      isFault: true,
      cases: each(2),
      when: ({ planners }, one) => planners[one]!.at > at.idle,
      then: ({ planners }, one) => rest(planners[one]!),
    },
  ];
}

/** What it has drafted never becomes work: nobody needs to look for it. */
function stopDrafting(one: Planner, owner: PlannedJob): void {
  if (one.taskToken > 0) discard(owner, (token) => token === one.taskToken);
  rest(one);
}

/**
 * The job as a whole cannot be planned, for example because its list of datasets cannot be read. One write decides it, by the token;
 * what was drafted and not planned is ended afterwards, by whoever settles the job.
 */
function givingUp(fault: PlanningFault | undefined): Action<Planning>[] {
  const isInSteps = fault === 'a planner that gives up ends the work before the job';
  const decides = planning(
    'a planner gives its job up, if it is its own',
    [`${loop}.giveUp`, `${jobs}.startFailed`],
    [at.givingUp],
    (one, owner) => {
      if (isTaken(one, owner) && isInSteps) return Object.assign(one, { at: at.mayGiveUp });
      if (isTaken(one, owner)) Object.assign(owner, { is: job.running, hasFault: 1 });
      return rest(one);
    },
  );
  return [decides, ...(isInSteps ? stepsOfGivingUp() : [])];
}

/** As it was until the model found it: the job itself is decided by the last of four writes. */
function stepsOfGivingUp(): Action<Planning>[] {
  const { mayGiveUp, draftsCancelled, unplannedFailed } = at;
  return [
    planning('drafts are cancelled', [`${orders}.cancelDrafts`], [mayGiveUp], (one, owner) => {
      if (owner.order === order.drafted) owner.order = order.cancelled;
      one.at = draftsCancelled;
    }),
    planning(
      'datasets that were not planned fail',
      [`${tasks}.failUnplanned`],
      [draftsCancelled],
      (one, owner) => {
        if (owner.task === task.planning) owner.task = task.failed;
        one.at = unplannedFailed;
      },
    ),
    planning(
      'the job fails, unless it was planned',
      [`${jobs}.startFailed`],
      [unplannedFailed],
      (one, owner) => {
        if (owner.is === job.accepted) Object.assign(owner, { is: job.running, hasFault: 1 });
        rest(one);
      },
    ),
  ];
}

function isTaken({ token }: Planner, owner: PlannedJob): boolean {
  return owner.is === job.accepted && owner.token === token;
}

/** Raises the token: what others draft from here on never becomes work. */
function takeTask(one: Planner, owner: PlannedJob, next: number): void {
  owner.task = task.planning;
  owner.taskToken += 1;
  Object.assign(one, { at: next, taskToken: owner.taskToken });
}

function discardFor(one: Planner, owner: PlannedJob, isAll: boolean): void {
  discard(owner, (token) => isAll || token < one.taskToken);
}
