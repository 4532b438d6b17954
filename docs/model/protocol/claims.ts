import { each, inOrder, pairs, type Action, type Model } from '../checker/model.js';

const postings = 'apps/catalog-api/src/jobs/job-postings.ts#JobPostings';
const jobs = 'apps/catalog-api/src/persistence/job-records.ts#JobRecords';
const claims = 'apps/catalog-api/src/claims/dataset-claims.ts#DatasetClaims';
const records = 'apps/catalog-api/src/persistence/dataset-claim-records.ts#DatasetClaimRecords';
const schedule = 'apps/catalog-api/src/claims/dataset-schedule.ts#DatasetSchedule';
const lifecycles = 'apps/catalog-api/src/claims/dataset-lifecycles.ts#DatasetLifecycles';
const reports = 'apps/catalog-api/src/apply-job-reports/job-reports.consumer.ts#JobReportsConsumer';
const registration = 'apps/catalog-api/src/apply-job-reports/datablock-registration.ts#DatablockRegistration';

/** An archive job in the catalogue, its claim of the dataset, and what job-assembler says of it. */
type Job = {
  /** 0 not posted, 1 being stored, 2 accepted, 3 over, 4 never was. */
  is: number;
  /** Its claim: 0 none, 1 open, 2 ended. */
  claim: number;
  /** Its `at`, which tells it from the claim that a sweep makes of it. */
  claimedAt: number;
  /** 0 its dataset is at work, 1 archived, 2 the catalogue has taken that in; 3 it is over without. Then 4: the job is reported as over. */
  told: number;
  /** Where its creator is, and who had written the claim when it looked. */
  at: number;
  saw: number;
  /** 1: the dataset is as its creator read it. */
  isFresh: number;
};

/** A process that puts claims back, or takes in reports: where it is, for which job, and the claim it saw. */
type Helper = { at: number; job: number; claimedAt: number; isFresh: number };

export type Claims = {
  jobs: Job[];
  /** The dataset says: 0 archivable, 1 scheduled, 2 archived. */
  says: number;
  sweeps: Helper[];
  reports: Helper[];
  crashes: number;
};

export type ClaimsFault =
  | 'no unique index on claims'
  | 'the claim goes before the flags are back'
  | 'a dataset is written without its version'
  | 'an accepted job may be given up'
  | 'a job that was given up lets go of claims of a sweep'
  | 'orphans are not looked for'
  | 'the end of a job keeps its claims';

const creator = {
  idle: 0,
  posted: 1,
  claimed: 2,
  read: 3,
  marked: 4,
  refused: 5,
  puttingBack: 6,
  looking: 9,
  writing: 7,
  releasing: 8,
} as const;
const sweep = { idle: 0, seen: 1, taken: 2, read: 3, writing: 4, releasing: 5 } as const;
const report = {
  idle: 0,
  registering: 1,
  checked: 2,
  ending: 3,
  undoing: 4,
  held: 5,
  releasing: 6,
  reporting: 7,
} as const;
const is = { absent: 0, storing: 1, accepted: 2, over: 3, gone: 4 } as const;

/** Two archive jobs that are posted for one dataset at the same time: `docs/model/README.md`. */
export function claimsOfDataset(options: {
  readonly crashes: number;
  readonly fault?: ClaimsFault;
}): Model<Claims> {
  const { fault } = options;
  const [ofJobs, ofHelpers] = [each(2), each(2)];

  const creating: Action<Claims>[] = [
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
        job.at = writes(state, job, 1) ? creator.marked : creator.claimed;
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
        job.at = writes(state, job, before(state)) ? creator.releasing : creator.looking;
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
      cases: ofJobs,
      when: ({ jobs: all, crashes }, job) => crashes > 0 && all[job]!.at > 0,
      then: (state, job) => {
        Object.assign(state.jobs[job]!, { at: 0, saw: 0, isFresh: 0 });
        state.crashes -= 1;
      },
    },
  ];

  const sweeping: Action<Claims>[] = [
    {
      name: 'a sweep gives up a job that is being stored for too long',
      of: [`${claims}.releaseOrphans`, `${jobs}.giveUpOlder`],
      cases: ofJobs,
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
      cases: pairs(ofJobs, ofHelpers),
      when: ({ jobs: all, sweeps }, job, one) =>
        fault !== 'orphans are not looked for' &&
        sweeps[one]!.at === sweep.idle &&
        all[job]!.claim === 1 &&
        all[job]!.is === is.gone,
      then: ({ jobs: all, sweeps }, job, one) => {
        Object.assign(sweeps[one]!, { at: sweep.seen, job, claimedAt: all[job]!.claimedAt });
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
        one.at = writes(state, one, before(state)) ? sweep.releasing : sweep.taken;
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

  const reporting: Action<Claims>[] = [
    {
      name: 'job-assembler is through with the dataset',
      of: [
        'apps/job-assembler/src/settle-results/dataset-submission.ts#DatasetSubmission.submit',
        'apps/job-assembler/src/settle-results/dataset-ending.ts#DatasetEnding.end',
      ],
      cases: pairs(ofJobs, [[1], [3]]),
      when: ({ jobs: all }, job) => all[job]!.is === is.accepted && all[job]!.told === 0,
      then: ({ jobs: all }, job, how) => {
        all[job]!.told = how;
      },
    },
    {
      name: 'job-assembler ends the job, when the catalogue has heard of its dataset',
      of: ['apps/job-assembler/src/settle-results/job-ending.ts#JobEnding.settle'],
      cases: ofJobs,
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
      cases: pairs(ofJobs, ofHelpers),
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
        one.at = writes(state, one, 2) ? report.ending : report.registering;
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
      cases: pairs(ofJobs, ofHelpers),
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
        Object.assign(one, job.claim === 1 ? { at: report.held, isFresh: 1 } : { at: report.releasing });
      },
    ),
    helping(
      'reports',
      report.held,
      'a consumer puts the flags back, on the version that it read',
      [`${lifecycles}.apply`],
      (state, one) => {
        one.at = writes(state, one, 0) ? report.releasing : report.undoing;
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

  /** Of one that is scheduled; other words stay. */
  function before({ says }: Claims): number {
    return says === 1 ? 0 : says;
  }

  /** One write that asks for the version that was read, and raises it: whoever has read before writes nothing any more. */
  function writes(state: Claims, one: { isFresh: number }, says: number): boolean {
    const isCurrent = one.isFresh === 1 || fault === 'a dataset is written without its version';
    one.isFresh = 0;
    if (!isCurrent) return false;
    state.says = says;
    for (const other of [...state.jobs, ...state.sweeps, ...state.reports]) other.isFresh = 0;
    return true;
  }

  /** Of a claim that is written now: nobody has seen it yet. */
  function freshTime({ jobs: all, sweeps }: Claims): number {
    const seen = [
      ...all.flatMap(({ saw, claimedAt }) => [saw, claimedAt]),
      ...sweeps.map((one) => one.claimedAt),
    ];
    return [1, 2, 3, 4, 5, 6, 7].find((time) => !seen.includes(time))!;
  }

  function rest(one: Helper): void {
    Object.assign(one, { at: 0, job: 0, claimedAt: 0, isFresh: 0 });
  }

  function step(
    name: string,
    of: readonly string[],
    when: (job: Job) => boolean,
    then: (state: Claims, job: Job) => void,
  ): Action<Claims> {
    return {
      ...{ name, of, cases: ofJobs },
      when: (state, job) => when(state.jobs[job]!),
      then: (state, job) => then(state, state.jobs[job]!),
    };
  }

  function helping(
    kind: 'sweeps' | 'reports',
    at: number,
    name: string,
    of: readonly string[],
    then: (state: Claims, one: Helper, job: Job) => void,
  ): Action<Claims> {
    return {
      ...{ name, of, cases: ofHelpers },
      when: (state, one) => state[kind][one]!.at === at,
      then: (state, one) => then(state, state[kind][one]!, state.jobs[state[kind][one]!.job]!),
    };
  }

  function death(kind: 'sweeps' | 'reports', name: string): Action<Claims> {
    return {
      ...{ name, of: [], isFault: true, cases: ofHelpers },
      when: (state, one) => state.crashes > 0 && state[kind][one]!.at > 0,
      then: (state, one) => {
        rest(state[kind][one]!);
        state.crashes -= 1;
      },
    };
  }

  return {
    name: 'claims',
    initial: {
      jobs: ofJobs.map(() => ({ is: 0, claim: 0, claimedAt: 0, told: 0, at: 0, saw: 0, isFresh: 0 })),
      says: 0,
      sweeps: ofHelpers.map(() => ({ at: 0, job: 0, claimedAt: 0, isFresh: 0 })),
      reports: ofHelpers.map(() => ({ at: 0, job: 0, claimedAt: 0, isFresh: 0 })),
      crashes: options.crashes,
    },
    actions: [...creating, ...sweeping, ...reporting],
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
    renamed: (state) => {
      let named = state;
      if (inOrder(named.jobs[0]!, named.jobs[1]!) > 0) {
        const other = (one: Helper): Helper => ({ ...one, job: one.at === 0 ? 0 : 1 - one.job });
        const { sweeps, reports: some } = named;
        named = {
          ...named,
          jobs: named.jobs.toReversed(),
          sweeps: sweeps.map(other),
          reports: some.map(other),
        };
      }
      if (inOrder(named.reports[0]!, named.reports[1]!) > 0)
        named = { ...named, reports: named.reports.toReversed() };
      if (inOrder(named.sweeps[0]!, named.sweeps[1]!) > 0)
        named = { ...named, sweeps: named.sweeps.toReversed() };
      return named;
    },
  };
}
