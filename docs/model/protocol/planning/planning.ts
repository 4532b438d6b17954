import { each, inOrder, pairs, type Action, type Model } from '../../checker/model.js';
import { plannerActions } from './planner-actions.js';
import {
  at,
  job,
  order,
  outcome,
  task,
  withoutWhatIsOver,
  withSmallTokens,
  type Planning,
  type PlanningFault,
} from './planning-state.js';

const orders = 'apps/job-assembler/src/persistence/mongo-work-orders.ts#MongoWorkOrders';
const cancellation = 'apps/job-assembler/src/accept-job/job-cancellation.ts#JobCancellation';
const settling = 'apps/job-assembler/src/settle-results/dataset-settling.ts#DatasetSettling';

/** What happens to a job beside its planners. That a request to end it meets the release of drafts: `trip`. */
function others(fault: PlanningFault | undefined): Action<Planning>[] {
  return [
    {
      name: 'the job is asked to end, and what was not released is cancelled',
      of: [`${cancellation}.request`, `${cancellation}.note`, `${orders}.cancelUnreleased`],
      cases: each(2),
      when: ({ jobs }, index) => jobs[index]!.is !== job.over && jobs[index]!.end === 0,
      then: ({ jobs }, index) => {
        const owner = jobs[index]!;
        owner.end = 1;
        if (owner.order === order.drafted || owner.order === order.planned) owner.order = order.cancelled;
      },
    },
    {
      name: 'drafts of the plan become work, or are cancelled',
      of: [
        'apps/job-assembler/src/release-work/draft-release.ts#DraftRelease.release',
        `${orders}.planDrafts`,
      ],
      cases: each(2),
      when: ({ jobs }, index) =>
        jobs[index]!.task === task.running &&
        jobs[index]!.order === order.drafted &&
        jobs[index]!.orderToken === jobs[index]!.taskToken,
      then: ({ jobs }, index) => {
        const { end, hasFault } = jobs[index]!;
        const isOver = end > 0 || (hasFault === 1 && fault !== 'work of a job that failed is released');
        jobs[index]!.order = isOver ? order.cancelled : order.planned;
      },
    },
    {
      name: 'the work order is released, and the archiver brings it to an end',
      of: [
        'apps/job-assembler/src/release-work/dispatcher.ts#Dispatcher.send',
        `${orders}.release`,
        `${orders}.end`,
      ],
      cases: pairs(each(2), [[order.done], [order.failed]]),
      when: ({ jobs }, index) => jobs[index]!.order === order.planned,
      then: ({ jobs }, index, how) => {
        jobs[index]!.order = how;
      },
    },
    {
      name: 'the dataset ends with the work order of its plan',
      of: [`${settling}.settle`, 'apps/job-assembler/src/domain/outcomes.ts#outcomeOfWork'],
      cases: each(2),
      when: ({ jobs }, index) =>
        jobs[index]!.task === task.running &&
        jobs[index]!.order >= order.done &&
        jobs[index]!.orderToken === jobs[index]!.taskToken,
      then: ({ jobs }, index) => {
        jobs[index]!.task = jobs[index]!.order - order.done + task.succeeded;
      },
    },
    {
      name: 'what was not planned of a job with a fault is over',
      of: [
        'apps/job-assembler/src/settle-results/job-ending.ts#JobEnding.endUnplanned',
        `${orders}.cancelDrafts`,
        'apps/job-assembler/src/persistence/mongo-dataset-tasks.ts#MongoDatasetTasks.failUnplanned',
      ],
      cases: each(2),
      when: ({ jobs }, index) =>
        jobs[index]!.hasFault === 1 &&
        jobs[index]!.is === job.running &&
        (jobs[index]!.task === task.planning || jobs[index]!.order === order.drafted),
      then: ({ jobs }, index) => {
        const owner = jobs[index]!;
        if (owner.order === order.drafted) owner.order = order.cancelled;
        if (owner.task === task.planning) owner.task = task.failed;
      },
    },
    {
      name: 'the job ends with its dataset, or with its fault',
      of: [
        'apps/job-assembler/src/settle-results/job-ending.ts#JobEnding.settle',
        'apps/job-assembler/src/domain/outcomes.ts#outcomeOfTasks',
      ],
      cases: each(2),
      when: ({ jobs }, index) =>
        jobs[index]!.is === job.running &&
        (!isAtWork(jobs[index]!.task) || fault === 'a job is over while its dataset is at work'),
      then: ({ jobs }, index) => {
        const { task: part, hasFault } = jobs[index]!;
        const ended =
          hasFault === 1 || part < task.succeeded
            ? outcome.failed
            : part - task.succeeded + outcome.succeeded;
        Object.assign(jobs[index]!, { is: job.over, outcome: ended });
      },
    },
  ];
}

function isAtWork(part: number): boolean {
  return part === task.planning || part === task.running;
}

/** Two jobs that are planned, and two planners that may both have one: `docs/model/README.md`. */
export function planning(fault?: PlanningFault): Model<Planning> {
  return {
    name: 'planning',
    initial: {
      jobs: [0, 1].map(() => ({
        ...{ is: 0, outcome: 0, hasFault: 0, end: 0, token: 0, taskToken: 0 },
        ...{ task: 0, order: 0, orderToken: 0 },
      })),
      planners: [0, 1].map(() => ({ at: at.idle, job: 0, token: 0, taskToken: 0 })),
    },
    actions: [...plannerActions(fault), ...others(fault)],
    always: {
      'a dataset that is started has the work orders of its plan': ({ jobs }) =>
        jobs.every(
          ({ task: part, order: work, orderToken, taskToken }) =>
            part !== task.running || (work !== order.none && orderToken === taskToken),
        ),
      'nothing is released for a job that is over': ({ jobs }) =>
        jobs.every(({ is, order: work }) => is !== job.over || work !== order.planned),
      'only a job that was asked to end is cancelled': ({ jobs }) =>
        jobs.every(({ outcome: how, end }) => how !== outcome.cancelled || end > 0),
    },
    inReach: {
      'every job ends': ({ jobs }) => jobs.every(({ is }) => is === job.over),
    },
    renamed: (state) => {
      const named = withSmallTokens(withoutWhatIsOver(state));
      const isTurned = inOrder(named.jobs[0]!, named.jobs[1]!) > 0;
      const planners = named.planners.map((one) =>
        isTurned && one.at !== at.idle ? { ...one, job: 1 - one.job } : one,
      );
      if (inOrder(planners[0]!, planners[1]!) > 0) planners.reverse();
      return { ...named, jobs: isTurned ? named.jobs.toReversed() : named.jobs, planners };
    },
  };
}
