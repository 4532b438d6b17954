import { each, type Action } from '../../checker/model.js';
import {
  handled,
  job,
  order,
  outcome,
  said,
  task,
  verdict,
  work,
  type Trip,
  type TripFault,
  type TripJob,
} from './trip-state.js';

const orders = 'apps/job-assembler/src/persistence/mongo-work-orders.ts#MongoWorkOrders';
const tasks = 'apps/job-assembler/src/persistence/mongo-dataset-tasks.ts#MongoDatasetTasks';
const jobs = 'apps/job-assembler/src/persistence/mongo-jobs.ts#MongoJobs';
const cancellation = 'apps/job-assembler/src/accept-job/job-cancellation.ts#JobCancellation';
const planner = 'apps/job-assembler/src/plan-job/dataset-planner.ts#DatasetPlanner';
const wholePlanner = 'apps/job-assembler/src/plan-job/job-planner.ts#JobPlanner';
const drafts = 'apps/job-assembler/src/release-work/draft-release.ts#DraftRelease';
const settling = 'apps/job-assembler/src/settle-results/dataset-settling.ts#DatasetSettling';
const results = 'apps/job-assembler/src/settle-results/archiver-reports.consumer.ts#ArchiverReportsConsumer';
const registered =
  'apps/job-assembler/src/settle-results/dataset-registered.consumer.ts#DatasetRegisteredConsumer';
const requests = 'apps/job-assembler/src/accept-job/job-requests.consumer.ts#JobRequestsConsumer';

/** What job-assembler does for a job of one dataset with one datablock. Two planners for one job: `planning.ts`. */
export function assemblerActions(fault: TripFault | undefined): Action<Trip>[] {
  return [
    one(
      'job-assembler accepts the job, once',
      [`${requests}.submitted`, `${jobs}.accept`],
      ({ messages }) => messages.submitted === said,
      ({ messages, assembler }) => {
        messages.submitted = handled;
        if (assembler.is === job.none) assembler.is = job.accepted;
      },
    ),
    one(
      'a cancel request is noted with the job; one that overtook it is kept until it is there',
      [
        `${requests}.cancelRequested`,
        `${cancellation}.request`,
        `${cancellation}.note`,
        `${jobs}.requestCancel`,
      ],
      ({ messages, assembler }) =>
        messages.cancelRequested === said &&
        assembler.stopping === 0 &&
        (assembler.is !== job.none || fault === 'a request that overtakes its job is forgotten'),
      ({ messages, assembler }) => {
        if (assembler.is === job.over && fault === 'a job that is over can be cancelled')
          assembler.outcome = outcome.cancelled;
        if (assembler.is === job.over || assembler.is === job.none) messages.cancelRequested = handled;
        else Object.assign(assembler, { isAskedToEnd: 1, stopping: 1 });
      },
    ),
    one(
      'what is not released is cancelled',
      [`${cancellation}.request`, `${orders}.cancelUnreleased`],
      ({ assembler }) => assembler.stopping === 1,
      ({ assembler }) => {
        if (assembler.order === order.drafted || assembler.order === order.planned)
          assembler.order = order.cancelled;
        assembler.stopping = 2;
      },
    ),
    one(
      'the archiver is asked to stop what was released',
      [`${cancellation}.request`, `${orders}.released`, `${orders}.askToStop`],
      ({ assembler }) => assembler.stopping === 2,
      ({ assembler, messages }) => {
        if (assembler.order === order.released) messages.cancelWork = said;
        assembler.stopping = 0;
        messages.cancelRequested = handled;
      },
    ),
    one(
      'the planner begins with the dataset',
      [`${wholePlanner}.planUnder`, `${planner}.plan`, `${tasks}.begin`, `${tasks}.takeOver`],
      ({ assembler }) =>
        assembler.is === job.accepted && assembler.task === task.none && assembler.isAskedToEnd === 0,
      ({ assembler }) => {
        assembler.task = task.planning;
      },
    ),
    one(
      'datasets of a cancelled job that were not begun are over',
      [`${wholePlanner}.cancelRest`, `${tasks}.cancelUnbegun`],
      ({ assembler }) =>
        assembler.is === job.accepted && assembler.task === task.none && assembler.isAskedToEnd === 1,
      ({ assembler }) => {
        assembler.task = task.cancelled;
      },
    ),
    one(
      'a dataset of a cancelled job that is being planned is over',
      [`${wholePlanner}.cancelRest`, `${planner}.cancel`, `${orders}.discardDraftsBefore`],
      ({ assembler }) => assembler.task === task.planning && assembler.isAskedToEnd === 1,
      (one) => {
        if (one.assembler.order === order.drafted) one.assembler.order = order.none;
        endTask(one, task.cancelled);
      },
    ),
    one(
      'the planner cannot plan the dataset',
      [`${planner}.plan`, `${orders}.discardDrafts`],
      ({ assembler }) => assembler.task === task.planning && assembler.order === order.none,
      (one) => endTask(one, task.failed),
    ),
    one(
      'the planner drafts a work order',
      ['apps/job-assembler/src/plan-job/dataset-drafts.ts#DatasetDrafts.draftAll', `${orders}.draft`],
      ({ assembler }) => assembler.task === task.planning && assembler.order === order.none,
      ({ assembler }) => {
        assembler.order = order.drafted;
      },
    ),
    one(
      'the plan of the dataset is complete',
      [`${planner}.start`, `${tasks}.start`],
      ({ assembler }) => assembler.task === task.planning && assembler.order !== order.none,
      ({ assembler }) => {
        assembler.task = task.running;
      },
    ),
    one(
      'whoever releases the drafts looks whether the job is to end',
      [`${settling}.settle`, `${drafts}.release`, `${jobs}.find`],
      ({ assembler }) =>
        assembler.task === task.running && assembler.order === order.drafted && assembler.release === 0,
      ({ assembler }) => {
        assembler.release = 1 + assembler.isAskedToEnd;
      },
    ),
    one(
      'drafts become work, or are cancelled',
      [`${drafts}.release`, `${orders}.planDrafts`, `${orders}.cancelDrafts`],
      ({ assembler }) => assembler.release > 0,
      ({ assembler }) => {
        const { release } = assembler;
        assembler.release = 0;
        const isStill = assembler.order === order.drafted;
        if (fault === 'drafts are planned whatever was asked for' && assembler.order === order.cancelled)
          assembler.order = order.planned;
        else if (isStill) assembler.order = release === 1 ? order.planned : order.cancelled;
      },
    ),
    one(
      'the plan of the job is complete',
      ['apps/job-assembler/src/plan-job/planning-loop.ts#PlanningLoop.turnOf', `${jobs}.start`],
      ({ assembler }) => assembler.is === job.accepted && assembler.task >= task.running,
      ({ assembler }) => {
        assembler.is = job.running;
      },
    ),
    one(
      'the dispatcher releases the work order, with its command',
      ['apps/job-assembler/src/release-work/dispatcher.ts#Dispatcher.send', `${orders}.release`],
      ({ assembler }) => assembler.order === order.planned,
      ({ assembler, messages }) => {
        assembler.order = order.released;
        messages.archiveDatablock = said;
      },
    ),
    one(
      'a result ends the work order, once',
      [`${results}.archived`, `${results}.failed`, `${results}.cancelled`, `${results}.end`, `${orders}.end`],
      ({ messages }) => messages.result === said,
      ({ messages, assembler, result }) => {
        messages.result = handled;
        const failed = fault === 'a failure is taken for a success' ? order.done : order.failed;
        const ended = [0, 0, order.done, failed, order.cancelled][result]!;
        if (assembler.order === order.released) assembler.order = ended;
      },
    ),
    one(
      'the dataset is submitted to the catalogue',
      [
        `${settling}.settle`,
        'apps/job-assembler/src/settle-results/dataset-submission.ts#DatasetSubmission.submit',
        `${tasks}.submit`,
      ],
      ({ assembler }) => assembler.task === task.running && assembler.order === order.done,
      ({ assembler, messages }) => {
        assembler.task = task.registering;
        messages.datasetArchived = said;
        if (fault === 'the dataset is registered when its work is done') assembler.task = task.succeeded;
      },
    ),
    one(
      'the dataset fails, or is cancelled, with its work order',
      [
        `${settling}.settle`,
        'apps/job-assembler/src/settle-results/dataset-ending.ts#DatasetEnding.end',
        `${tasks}.end`,
      ],
      ({ assembler }) => assembler.task === task.running && assembler.order > order.done,
      (one) => {
        const hasFailed = one.assembler.order === order.failed;
        if (fault === 'what was cancelled counts as done' && !hasFailed) one.assembler.task = task.succeeded;
        else
          endTask(
            one,
            hasFailed && fault !== 'a failure is called a cancellation' ? task.failed : task.cancelled,
          );
      },
    ),
    one(
      'the answer of the catalogue ends the dataset',
      [`${registered}.registered`, `${registered}.refused`, `${tasks}.end`],
      ({ messages }) => messages.answer === said,
      (one) => {
        one.messages.answer = handled;
        if (one.assembler.task !== task.registering) return;
        if (one.answer === verdict.refused) endTask(one, task.failed);
        else one.assembler.task = task.succeeded;
      },
    ),
    one(
      'the job ends when the catalogue has heard of its datasets',
      ['apps/job-assembler/src/settle-results/job-ending.ts#JobEnding.settle', `${jobs}.finish`],
      ({ assembler, messages }) =>
        assembler.is === job.running &&
        assembler.task >= task.succeeded &&
        (fault === 'a job ends before its news is heard' ||
          (messages.datasetArchived !== said && messages.datasetEnded !== said)),
      ({ assembler, messages }) => {
        Object.assign(assembler, {
          is: job.over,
          outcome: assembler.task - task.succeeded + outcome.succeeded,
        });
        messages.jobFinished = said;
      },
    ),
  ];
}

/** With the message about it. */
function endTask({ assembler, messages }: TripJob, as: number): void {
  assembler.task = as;
  messages.datasetEnded = said;
}

function one(
  name: string,
  of: readonly string[],
  when: (one: TripJob) => boolean,
  then: (one: TripJob) => void,
): Action<Trip> {
  return {
    ...{ name, of, cases: each(2) },
    when: (state, index) => when(state.jobs[index]!),
    then: (state, index) => then(state.jobs[index]!),
  };
}

/** The end that the archiver has told of a work order. */
export const endOfWork: Readonly<Record<number, number>> = {
  [order.done]: work.done,
  [order.failed]: work.failed,
  [order.cancelled]: work.cancelled,
};
