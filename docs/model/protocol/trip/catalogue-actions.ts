import { each, type Action } from '../../checker/model.js';
import {
  claim,
  flags,
  handled,
  job,
  said,
  task,
  verdict,
  type Trip,
  type TripFault,
  type TripJob,
} from './trip-state.js';

const reports = 'apps/catalog-api/src/apply-job-reports/dataset-reports.consumer.ts#DatasetReportsConsumer';
const registration = 'apps/catalog-api/src/apply-job-reports/datablock-registration.ts#DatablockRegistration';
const claims = 'apps/catalog-api/src/claims/dataset-claims.ts#DatasetClaims';
const records = 'apps/catalog-api/src/persistence/dataset-claim-records.ts#DatasetClaimRecords';

/** What catalog-api does for a job. That it claims a dataset, with all that can go wrong then: `claims.ts`. */
export function catalogueActions(fault: TripFault | undefined): Action<Trip>[] {
  const holds = ({ catalogue }: TripJob): boolean =>
    catalogue.claim === claim.open || fault === 'a late report needs no claim';
  return [
    {
      name: 'a client posts a job, and the catalogue accepts it with its claim',
      of: ['apps/catalog-api/src/jobs/job-postings.ts#JobPostings.store'],
      cases: each(2),
      when: ({ jobs, flags: says }, index) =>
        jobs[index]!.catalogue.is === job.none &&
        (index === 0 || jobs[0]!.catalogue.is !== job.none) &&
        (fault === 'a claim is not looked for' ||
          (says === flags.archivable && jobs.every(({ catalogue }) => catalogue.claim !== claim.open))),
      then: (state, index) => {
        Object.assign(state.jobs[index]!.catalogue, { is: job.accepted, claim: claim.open });
        state.jobs[index]!.messages.submitted = said;
        state.flags = flags.scheduled;
      },
    },
    {
      name: 'a client asks for the end of a job',
      of: [
        'apps/catalog-api/src/jobs/job-updates.ts#JobUpdates.askForEnd',
        'apps/catalog-api/src/persistence/job-records.ts#JobRecords.requestCancel',
      ],
      cases: each(2),
      when: ({ jobs }, index) =>
        jobs[index]!.catalogue.is === job.accepted && jobs[index]!.catalogue.isAskedToEnd === 0,
      then: (state, index) => {
        state.jobs[index]!.catalogue.isAskedToEnd = 1;
        state.jobs[index]!.messages.cancelRequested = said;
        if (fault === 'a claim goes when its job is asked to end') {
          state.jobs[index]!.catalogue.claim = claim.none;
          state.flags = flags.archivable;
        }
      },
    },
    {
      name: 'the catalogue decides that datablocks are to be registered, or not',
      of: [`${reports}.archived`, `${registration}.register`, `${registration}.refuse`, `${claims}.decide`],
      cases: [
        ...each(2).map((one) => [...one, verdict.registered]),
        ...each(2).map((one) => [...one, verdict.refused]),
      ],
      when: ({ jobs }, index) =>
        jobs[index]!.messages.datasetArchived === said &&
        holds(jobs[index]!) &&
        jobs[index]!.catalogue.verdict === verdict.none,
      then: ({ jobs }, index, how) => {
        jobs[index]!.catalogue.verdict = how;
        if (how === verdict.refused) Object.assign(jobs[index]!, { answer: how }).messages.answer = said;
      },
    },
    {
      name: 'the dataset says that it is archived',
      of: [`${registration}.registerOne`, `${claims}.apply`],
      cases: each(2),
      when: ({ jobs, flags: says }, index) =>
        jobs[index]!.messages.datasetArchived === said &&
        holds(jobs[index]!) &&
        jobs[index]!.catalogue.verdict === verdict.registered &&
        says !== flags.archived,
      then: (state) => {
        state.flags = flags.archived;
      },
    },
    {
      name: 'the claim ends, with the word that the dataset is registered',
      of: [`${registration}.register`, `${records}.end`],
      cases: each(2),
      when: ({ jobs, flags: says }, index) =>
        jobs[index]!.messages.datasetArchived === said &&
        jobs[index]!.catalogue.claim === claim.open &&
        jobs[index]!.catalogue.verdict === verdict.registered &&
        says === flags.archived,
      then: ({ jobs }, index) => {
        jobs[index]!.catalogue.claim = claim.ended;
        Object.assign(jobs[index]!, { answer: verdict.registered }).messages.answer = said;
      },
    },
    {
      name: 'a report of an archived dataset has nothing left to say',
      of: [`${reports}.whileOpen`, `${reports}.failUnlessOver`],
      cases: each(2),
      when: ({ jobs }, index) =>
        jobs[index]!.messages.datasetArchived === said &&
        (jobs[index]!.catalogue.claim !== claim.open || jobs[index]!.catalogue.verdict === verdict.refused),
      then: ({ jobs }, index) => {
        const { catalogue, messages } = jobs[index]!;
        messages.datasetArchived = handled;
        if (catalogue.claim !== claim.none || catalogue.is === job.over) return;
        // Nobody has told job-assembler yet.
        Object.assign(jobs[index]!, { answer: verdict.refused }).messages.answer = said;
        catalogue.claim = claim.ended;
      },
    },
    {
      name: 'a report of a dataset that failed, or was cancelled, ends the claim',
      of: [`${reports}.failed`, `${reports}.cancelled`, `${records}.end`],
      cases: each(2),
      when: ({ jobs }, index) => jobs[index]!.messages.datasetEnded === said,
      then: (state, index) => {
        const { catalogue, messages } = state.jobs[index]!;
        messages.datasetEnded = handled;
        if (!holds(state.jobs[index]!)) return;
        const isMistaken = fault === 'a failed dataset is taken for archived';
        state.flags = isMistaken ? flags.archived : flags.archivable;
        if (catalogue.claim === claim.open) catalogue.claim = claim.ended;
      },
    },
    {
      name: 'the catalogue lets go of all claims of a job that is over',
      of: [
        'apps/catalog-api/src/apply-job-reports/job-reports.consumer.ts#JobReportsConsumer.finished',
        `${claims}.undo`,
      ],
      cases: each(2),
      when: ({ jobs }, index) =>
        jobs[index]!.messages.jobFinished === said && jobs[index]!.catalogue.ending === 0,
      then: (state, index) => {
        const { catalogue } = state.jobs[index]!;
        catalogue.ending = 1;
        if (fault === 'a claim stays when its job is over') return;
        if (catalogue.claim === claim.open) state.flags = flags.archivable;
        catalogue.claim = claim.none;
      },
    },
    {
      name: 'the catalogue says that a job is over, once',
      of: [
        'apps/catalog-api/src/jobs/job-updates.ts#JobUpdates.report',
        'apps/catalog-api/src/persistence/job-records.ts#JobRecords.takeReport',
      ],
      cases: each(2),
      when: ({ jobs }, index) =>
        jobs[index]!.messages.jobFinished === said && jobs[index]!.catalogue.ending === 1,
      then: ({ jobs }, index) => {
        const { catalogue, assembler, messages } = jobs[index]!;
        messages.jobFinished = handled;
        catalogue.ending = 0;
        if (catalogue.is === job.accepted)
          Object.assign(catalogue, { is: job.over, outcome: assembler.outcome });
      },
    },
  ];
}

/** What the catalogue waits for is still to come. */
export function isAtWork({ catalogue, assembler }: TripJob): boolean {
  return (
    catalogue.is === job.accepted && assembler.task < task.succeeded && catalogue.verdict === verdict.none
  );
}
