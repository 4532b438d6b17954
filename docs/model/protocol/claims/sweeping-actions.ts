import { each, pairs, type Action } from '../../checker/model.js';
import {
  sweep,
  is,
  before,
  writes,
  freshTime,
  rest,
  helping,
  death,
  type Claims,
  type ClaimsFault,
} from './claims-state.js';

const jobs = 'apps/catalog-api/src/persistence/job-records.ts#JobRecords';
const claims = 'apps/catalog-api/src/claims/dataset-claims.ts#DatasetClaims';
const records = 'apps/catalog-api/src/persistence/dataset-claim-records.ts#DatasetClaimRecords';
const lifecycles = 'apps/catalog-api/src/claims/dataset-lifecycles.ts#DatasetLifecycles';

/** Two processes that heal what creators leave behind when they die, or take too long. */
export function sweepingActions(fault: ClaimsFault | undefined): Action<Claims>[] {
  return [
    {
      name: 'a sweep gives up a job that is being stored for too long',
      of: [`${claims}.releaseOrphans`, `${jobs}.giveUpOlder`],
      cases: each(2),
      when: ({ jobs: all }, job) =>
        all[job]!.is === is.storing ||
        (fault === 'an accepted job may be given up' && all[job]!.is === is.accepted),
      then: ({ jobs: all }, job) => {
        all[job]!.is = is.gone;
      },
    },
    {
      name: 'a sweep finds a claim without a job',
      of: [`${records}.orphans`, `${jobs}.exists`],
      cases: pairs(each(2), each(2)),
      when: ({ jobs: all, sweeps }, job, one) =>
        fault !== 'orphans are not looked for' &&
        sweeps[one]!.at === sweep.idle &&
        all[job]!.claim === 1 &&
        (all[job]!.is === is.gone || fault === 'claims of accepted jobs are swept'),
      then: ({ jobs: all, sweeps }, job, one) => {
        Object.assign(sweeps[one]!, { at: sweep.seen, job, claimedAt: all[job]!.claimedAt });
        if (fault === 'claims of accepted jobs are swept') all[job]!.claim = 0;
      },
    },
    helping(
      'sweeps',
      sweep.seen,
      'a sweep takes the claim over, unless it has changed',
      [`${records}.takeOver`],
      (state, one, job) => {
        const isAsSeen = job.claim === 1 && job.claimedAt === one.claimedAt;
        if (!isAsSeen) return rest(one);
        job.claimedAt = freshTime(state);
        Object.assign(one, { at: sweep.taken, claimedAt: job.claimedAt });
      },
    ),
    helping(
      'sweeps',
      sweep.taken,
      'a sweep reads the dataset, then whether the claim is its own',
      [`${claims}.releaseOrphan`, `${claims}.undoOne`, `${lifecycles}.apply`, `${records}.isOpen`],
      (_, one, job) => {
        const stands = job.claim === 1 && job.claimedAt === one.claimedAt;
        Object.assign(one, stands ? { at: sweep.writing, isFresh: 1 } : { at: sweep.releasing });
      },
    ),
    helping(
      'sweeps',
      sweep.writing,
      'a sweep puts the flags back, on the version that it read',
      [`${lifecycles}.apply`],
      (state, one) => {
        one.at = writes(fault, state, one, before(state)) ? sweep.releasing : sweep.taken;
      },
    ),
    helping(
      'sweeps',
      sweep.releasing,
      'a sweep lets go of the claim that it has',
      [`${records}.release`],
      (_, one, job) => {
        if (job.claim === 1 && job.claimedAt === one.claimedAt)
          Object.assign(job, { claim: 0, claimedAt: 0 });
        rest(one);
      },
    ),
    death('sweeps', 'a sweep dies'),
  ];
}
