import { inOrder, type Model } from '../../checker/model.js';
import { is, type Claims, type ClaimsFault, type Helper } from './claims-state.js';
import { creatingActions } from './creating-actions.js';
import { reportingActions } from './reporting-actions.js';
import { sweepingActions } from './sweeping-actions.js';

/** Two archive jobs that are posted for one dataset at the same time: `docs/model/README.md`. */
export function claims(options: { readonly crashes: number; readonly fault?: ClaimsFault }): Model<Claims> {
  const { fault } = options;
  return {
    name: 'claims',
    initial: {
      jobs: [0, 1].map(() => ({ is: 0, claim: 0, claimedAt: 0, told: 0, at: 0, saw: 0, isFresh: 0 })),
      says: 0,
      sweeps: [0, 1].map(() => ({ at: 0, job: 0, claimedAt: 0, isFresh: 0 })),
      reports: [0, 1].map(() => ({ at: 0, job: 0, claimedAt: 0, isFresh: 0 })),
      crashes: options.crashes,
    },
    actions: [...creatingActions(fault), ...sweepingActions(fault), ...reportingActions(fault)],
    always: {
      'a dataset is claimed by one job': ({ jobs: all }) =>
        all.filter(({ claim }) => claim === 1).length <= 1,
      'an accepted job has its dataset until that is over': ({ jobs: all }) =>
        all.every((job) => job.is !== is.accepted || job.told > 0 || job.claim === 1),
      'the flags of a dataset are those of the job that has it': ({ jobs: all, says }) =>
        all.every((job) => job.is !== is.accepted || job.told > 0 || says === 1),
    },
    steps: {
      'an accepted job is never taken back': (earlier, after) =>
        earlier.jobs.every(
          ({ is: state }, job) => state < is.accepted || state === is.gone || after.jobs[job]!.is !== is.gone,
        ),
      'what is archived stays so': (earlier, after) => earlier.says !== 2 || after.says === 2,
    },
    inReach: {
      'no claim is left': ({ jobs: all, says }) =>
        all.every((job) => job.claim !== 1 && job.is !== is.storing && job.is !== is.accepted) && says !== 1,
    },
    renamed,
  };
}

/** Jobs differ in names only, and so do processes; of times it matters which of them are the same. */
function renamed(state: Claims): Claims {
  const names = [0];
  const timeOf = (time: number): number => {
    if (!names.includes(time)) names.push(time);
    return names.indexOf(time);
  };
  const isTurned = inOrder(state.jobs[0]!, state.jobs[1]!) > 0;
  const helped = (one: Helper): Helper => ({ ...one, job: isTurned && one.at > 0 ? 1 - one.job : one.job });
  const [jobs, sweeps, reports] = [[...state.jobs], state.sweeps.map(helped), state.reports.map(helped)];
  if (isTurned) jobs.reverse();
  if (inOrder(sweeps[0]!, sweeps[1]!) > 0) sweeps.reverse();
  if (inOrder(reports[0]!, reports[1]!) > 0) reports.reverse();
  return {
    ...state,
    jobs: jobs.map((job) => ({ ...job, claimedAt: timeOf(job.claimedAt), saw: timeOf(job.saw) })),
    sweeps: sweeps.map((one) => ({ ...one, claimedAt: timeOf(one.claimedAt) })),
    reports,
  };
}
