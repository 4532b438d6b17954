import { each, pairs, type Action } from '../../checker/model.js';
import { report, is, writes, rest, helping, death, type Claims, type ClaimsFault } from './claims-state.js';

const jobs = 'apps/catalog-api/src/persistence/job-records.ts#JobRecords';
const claims = 'apps/catalog-api/src/claims/dataset-claims.ts#DatasetClaims';
const records = 'apps/catalog-api/src/persistence/dataset-claim-records.ts#DatasetClaimRecords';
const lifecycles = 'apps/catalog-api/src/claims/dataset-lifecycles.ts#DatasetLifecycles';
const reports = 'apps/catalog-api/src/apply-job-reports/job-reports.consumer.ts#JobReportsConsumer';
const registration = 'apps/catalog-api/src/apply-job-reports/datablock-registration.ts#DatablockRegistration';

/** Two processes that apply what job-assembler reports. */
export function reportingActions(fault: ClaimsFault | undefined): Action<Claims>[] {
  return [
    {
      name: 'job-assembler is through with the dataset',
      of: [
        'apps/job-assembler/src/settle-results/dataset-submission.ts#DatasetSubmission.submit',
        'apps/job-assembler/src/settle-results/dataset-ending.ts#DatasetEnding.end',
      ],
      cases: pairs(each(2), [[1], [3]]),
      when: ({ jobs: all }, job) => all[job]!.is === is.accepted && all[job]!.told === 0,
      then: ({ jobs: all }, job, how) => {
        all[job]!.told = how;
      },
    },
    {
      name: 'job-assembler ends the job, when the catalogue has heard of its dataset',
      of: ['apps/job-assembler/src/settle-results/job-ending.ts#JobEnding.settle'],
      cases: each(2),
      when: ({ jobs: all }, job) => all[job]!.told === 2 || all[job]!.told === 3,
      then: ({ jobs: all }, job) => {
        all[job]!.told = 4;
      },
    },
    {
      name: 'a consumer hears that the dataset is archived',
      of: [
        'apps/catalog-api/src/apply-job-reports/dataset-reports.consumer.ts#DatasetReportsConsumer.archived',
      ],
      cases: pairs(each(2), each(2)),
      // Once more, and late: a copy that another process has had for a long time.
      when: ({ jobs: all, reports: some }, job, one) =>
        some[one]!.at === report.idle &&
        (all[job]!.told === 1 || all[job]!.told === 2) &&
        all[job]!.claim === 1,
      then: ({ reports: some }, job, one) => {
        Object.assign(some[one]!, { at: report.registering, job });
      },
    },
    helping(
      'reports',
      report.registering,
      'a consumer reads the dataset, then whether the claim stands',
      [`${registration}.register`, `${claims}.apply`, `${lifecycles}.apply`],
      (_, one, job) => {
        Object.assign(one, job.claim === 1 ? { at: report.checked, isFresh: 1 } : { at: report.ending });
      },
    ),
    helping(
      'reports',
      report.checked,
      'a consumer says that the dataset is archived, on the version that it read',
      [`${lifecycles}.apply`],
      (state, one) => {
        one.at = writes(fault, state, one, 2) ? report.ending : report.registering;
      },
    ),
    helping('reports', report.ending, 'a consumer ends the claim', [`${records}.end`], (_, one, job) => {
      if (job.claim === 1) job.claim = 2;
      if (job.told === 1) job.told = 2;
      rest(one);
    }),
    {
      name: 'a consumer hears that the job is over',
      of: [`${reports}.finished`],
      cases: pairs(each(2), each(2)),
      when: ({ jobs: all, reports: some }, job, one) =>
        some[one]!.at === report.idle &&
        all[job]!.told === 4 &&
        (all[job]!.is === is.accepted || all[job]!.claim > 0),
      then: ({ reports: some }, job, one) => {
        const at = fault === 'the end of a job keeps its claims' ? report.reporting : report.undoing;
        Object.assign(some[one]!, { at, job });
      },
    },
    helping(
      'reports',
      report.undoing,
      'a consumer reads the dataset, then whether the claim is open still',
      [`${claims}.undo`, `${claims}.putBack`, `${lifecycles}.apply`, `${records}.openOf`],
      (_, one, job) => {
        const stands =
          job.claim === 1 || (fault === 'the end of a job puts back what has ended' && job.claim === 2);
        Object.assign(one, stands ? { at: report.held, isFresh: 1 } : { at: report.releasing });
      },
    ),
    helping(
      'reports',
      report.held,
      'a consumer puts the flags back, on the version that it read',
      [`${lifecycles}.apply`],
      (state, one) => {
        one.at = writes(fault, state, one, 0) ? report.releasing : report.undoing;
      },
    ),
    helping(
      'reports',
      report.releasing,
      'a consumer lets go of all claims of the job',
      [`${records}.releaseAll`],
      (_, one, job) => {
        job.claim = 0;
        one.at = report.reporting;
      },
    ),
    helping(
      'reports',
      report.reporting,
      'a consumer stores the end of the job',
      [`${jobs}.takeReport`],
      (_, one, job) => {
        if (job.is === is.accepted) job.is = is.over;
        rest(one);
      },
    ),
    death('reports', 'a consumer of reports dies, and the broker delivers again'),
  ];
}
