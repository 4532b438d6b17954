import { each, pairs, type Action, type Model } from '../../checker/model.js';
import { archiverActions } from './archiver-actions.js';
import { assemblerActions, endOfWork } from './assembler-actions.js';
import { catalogueActions, isAtWork } from './catalogue-actions.js';
import {
  claim,
  flags,
  handled,
  job,
  messages,
  newJob,
  order,
  outcome,
  said,
  task,
  verdict,
  work,
  type MessageName,
  type Trip,
  type TripOptions,
} from './trip-state.js';

const inbox = 'libs/messaging/src/inbox-consumer.ts#InboxConsumer.handle';

/** Whose handling is one write: which action it is. */
const handledAtOnce = {
  submitted: 'job-assembler accepts the job, once',
  archiveDatablock: 'the archiver accepts the work order, once',
  cancelWork:
    'the archiver notes that the work order is to stop; a request that overtook it is kept until it is there',
  result: 'a result ends the work order, once',
  datasetEnded: 'a report of a dataset that failed, or was cancelled, ends the claim',
  answer: 'the answer of the catalogue ends the dataset',
} as const;

/** A message is handled once more when its process died before it was recorded, or a copy of it was late: at any time afterwards. */
function repetitions(actions: readonly Action<Trip>[]): Action<Trip>[] {
  const atOnce = Object.entries(handledAtOnce).map(([message, name]): Action<Trip> => {
    const handling = actions.find((action) => action.name === name)!;
    return {
      name: `once more: ${name}`,
      of: [inbox, ...handling.of],
      isFault: true,
      cases: each(2),
      when: ({ jobs, crashes }, index) =>
        crashes > 0 && jobs[index]!.messages[message as MessageName] === handled,
      then: (state, index) => {
        handling.then(state, index);
        state.crashes -= 1;
      },
    };
  });
  const longer = messages.filter((name) => !(name in handledAtOnce));
  return [
    ...atOnce,
    {
      name: 'a message of which the handling is several writes is handled once more',
      of: [inbox],
      isFault: true,
      cases: pairs(each(2), each(longer.length)),
      when: ({ jobs, crashes }, index, message) =>
        crashes > 0 && jobs[index]!.messages[longer[message]!] === handled,
      then: (state, index, message) => {
        state.jobs[index]!.messages[longer[message]!] = said;
        state.crashes -= 1;
      },
    },
  ];
}

const deaths: Action<Trip>[] = [
  {
    name: 'a process of job-assembler dies on the way',
    of: [],
    isFault: true,
    cases: each(2),
    when: ({ jobs, crashes }, index) =>
      crashes > 0 && (jobs[index]!.assembler.stopping > 0 || jobs[index]!.assembler.release > 0),
    then: (state, index) => {
      Object.assign(state.jobs[index]!.assembler, { stopping: 0, release: 0 });
      state.crashes -= 1;
    },
  },
  {
    name: 'a process of catalog-api dies while it ends a job',
    of: [],
    isFault: true,
    cases: each(2),
    when: ({ jobs, crashes }, index) => crashes > 0 && jobs[index]!.catalogue.ending > 0,
    then: (state, index) => {
      state.jobs[index]!.catalogue.ending = 0;
      state.crashes -= 1;
    },
  },
];

/** Two archive jobs for one dataset, from the post to the end, through three apps: `docs/model/README.md`. */
export function trip({ crashes, fault }: TripOptions): Model<Trip> {
  const actions = [...catalogueActions(fault), ...assemblerActions(fault), ...archiverActions(fault)];
  return {
    name: 'trip',
    initial: {
      jobs: [newJob(), newJob()],
      ...{ flags: flags.archivable, crashes },
    },
    actions: [...actions, ...repetitions(actions), ...deaths],
    always: {
      'a dataset is claimed by one job': ({ jobs }) =>
        jobs.filter(({ catalogue }) => catalogue.claim === claim.open).length <= 1,
      'a job that is at work has its dataset': ({ jobs, flags: says }) =>
        jobs.every(
          (one) => !isAtWork(one) || (one.catalogue.claim === claim.open && says === flags.scheduled),
        ),
      'archived is said of what was verified': ({ jobs, flags: says }) =>
        says !== flags.archived || jobs.some(({ archiver }) => archiver.is === work.done),
      'a result is that of work that was done': ({ jobs }) =>
        jobs.every(
          ({ assembler, archiver }) =>
            assembler.order < order.done ||
            archiver.is === endOfWork[assembler.order] ||
            (assembler.order === order.cancelled && archiver.is === work.none),
        ),
      'a cancelled work order is no part of a success': ({ jobs }) =>
        jobs.every(
          ({ assembler, archiver, catalogue }) =>
            (assembler.order !== order.cancelled && archiver.is !== work.cancelled) ||
            (assembler.outcome !== outcome.succeeded && catalogue.outcome !== outcome.succeeded),
        ),
      'a job succeeds only when the catalogue vouches for its dataset': ({ jobs }) =>
        jobs.every(
          ({ assembler, archiver, catalogue }) =>
            assembler.outcome !== outcome.succeeded ||
            (archiver.is === work.done && catalogue.verdict === verdict.registered),
        ),
      'a request to end a job is noted with it, or too late': ({ jobs }) =>
        jobs.every(
          ({ assembler, messages: all }) =>
            all.cancelRequested !== handled || assembler.isAskedToEnd === 1 || assembler.is === job.over,
        ),
      'a job is over when all that was told of its dataset was heard': ({ jobs }) =>
        jobs.every(({ catalogue, messages: all }) => catalogue.is !== job.over || all.datasetEnded !== said),
      'only a job that was asked to end is cancelled': ({ jobs }) =>
        jobs.every(
          ({ assembler, catalogue }) =>
            (assembler.outcome !== outcome.cancelled && assembler.task !== task.cancelled) ||
            catalogue.isAskedToEnd === 1,
        ),
    },
    steps: {
      'the end of a job is for good': (before, after) =>
        before.jobs.every(
          ({ assembler, catalogue }, index) =>
            (catalogue.is !== job.over || after.jobs[index]!.catalogue.outcome === catalogue.outcome) &&
            (assembler.is !== job.over || after.jobs[index]!.assembler.outcome === assembler.outcome),
        ),
      'the end of a work order is for good': (before, after) =>
        before.jobs.every(
          ({ assembler, archiver }, index) =>
            (archiver.is <= work.open || after.jobs[index]!.archiver.is === archiver.is) &&
            (assembler.order < order.done || after.jobs[index]!.assembler.order === assembler.order),
        ),
    },
    inReach: {
      'every job is over, and nothing of it is left': ({ jobs, flags: says }) =>
        jobs.every(
          ({ catalogue, archiver, messages: all }) =>
            (catalogue.is === job.none || catalogue.is === job.over) &&
            catalogue.claim !== claim.open &&
            archiver.is !== work.open &&
            messages.every((name) => all[name] !== said),
        ) && says !== flags.scheduled,
    },
  };
}
