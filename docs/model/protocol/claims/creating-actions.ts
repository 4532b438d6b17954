import { each, type Action } from '../../checker/model.js';
import { creator, is, before, writes, step, type Claims, type ClaimsFault } from './claims-state.js';

const postings = 'apps/catalog-api/src/jobs/job-postings.ts#JobPostings';
const jobs = 'apps/catalog-api/src/persistence/job-records.ts#JobRecords';
const claims = 'apps/catalog-api/src/claims/dataset-claims.ts#DatasetClaims';
const records = 'apps/catalog-api/src/persistence/dataset-claim-records.ts#DatasetClaimRecords';
const schedule = 'apps/catalog-api/src/claims/dataset-schedule.ts#DatasetSchedule';
const lifecycles = 'apps/catalog-api/src/claims/dataset-lifecycles.ts#DatasetLifecycles';

/** Requests that post a job each: written first, accepted last, the dataset claimed in between. */
export function creatingActions(fault: ClaimsFault | undefined): Action<Claims>[] {
  return [
    step(
      'a job is posted',
      [`${postings}.accepted`, `${jobs}.post`],
      (job) => job.is === is.absent,
      (_, job) => {
        Object.assign(job, { is: is.storing, at: creator.posted });
      },
    ),
    step(
      'a creator claims the dataset, or is refused',
      [`${claims}.take`, `${records}.claim`, `${claims}.claimAll`],
      (job) => job.at === creator.posted,
      (state, job) => {
        const isTaken = state.jobs.some(({ claim }) => claim === 1) && fault !== 'no unique index on claims';
        if (isTaken || state.says !== 0) job.at = creator.refused;
        else Object.assign(job, { claim: 1, claimedAt: 0, at: creator.claimed });
      },
    ),
    step(
      'a creator reads the dataset, then whether its job is still being stored',
      [`${schedule}.current`, `${schedule}.markExclusive`, `${jobs}.isStoring`],
      (job) => job.at === creator.claimed,
      (state, job) => {
        const isFit = state.says === 0 && job.is === is.storing;
        Object.assign(job, isFit ? { at: creator.read, isFresh: 1 } : { at: creator.refused });
      },
    ),
    step(
      'a creator marks the dataset as scheduled, on the version that it read',
      [`${schedule}.writeOn`],
      (job) => job.at === creator.read,
      (state, job) => {
        job.at = writes(fault, state, job, 1) ? creator.marked : creator.claimed;
      },
    ),
    step(
      'a job is accepted, or was given up meanwhile',
      [`${jobs}.accept`],
      (job) => job.at === creator.marked,
      (_, job) => {
        Object.assign(job, job.is === is.storing ? { is: is.accepted, at: 0 } : { at: creator.puttingBack });
      },
    ),
    step(
      'a creator gives its job up',
      [`${postings}.giveUp`, `${jobs}.giveUp`],
      (job) => job.at === creator.refused,
      (_, job) => {
        Object.assign(job, { is: is.gone, at: creator.puttingBack });
      },
    ),
    step(
      'a creator looks for the open claims of its job',
      [`${claims}.abandon`, `${claims}.putBack`, `${records}.openOf`],
      (job) => job.at === creator.puttingBack,
      (_, job) => {
        Object.assign(job, { at: job.claim === 1 ? creator.looking : creator.idle, saw: job.claimedAt });
        if (fault === 'the claim goes before the flags are back') job.claim = 0;
      },
    ),
    step(
      'a creator reads the dataset, then whether the claim is as it saw it',
      [`${claims}.undoOne`, `${lifecycles}.apply`, `${records}.isOpen`],
      (job) => job.at === creator.looking,
      (_, job) => {
        const stands = job.claim === 1 && job.claimedAt === job.saw;
        Object.assign(job, stands ? { at: creator.writing, isFresh: 1 } : { at: creator.releasing });
      },
    ),
    step(
      'a creator puts the flags back, on the version that it read',
      [`${lifecycles}.apply`],
      (job) => job.at === creator.writing,
      (state, job) => {
        job.at = writes(fault, state, job, before(state)) ? creator.releasing : creator.looking;
      },
    ),
    step(
      'a creator lets go of the claim as it saw it',
      [`${records}.release`],
      (job) => job.at === creator.releasing,
      (_, job) => {
        const isAsSeen = job.claim === 1 && job.claimedAt === job.saw;
        if (isAsSeen || fault === 'a job that was given up lets go of claims of a sweep')
          Object.assign(job, { claim: 0, claimedAt: 0 });
        Object.assign(job, { at: creator.idle, saw: 0 });
      },
    ),
    {
      name: 'a creator dies',
      of: [],
      isFault: true,
      cases: each(2),
      when: ({ jobs: all, crashes }, job) => crashes > 0 && all[job]!.at > 0,
      then: (state, job) => {
        Object.assign(state.jobs[job]!, { at: 0, saw: 0, isFresh: 0 });
        state.crashes -= 1;
      },
    },
  ];
}
