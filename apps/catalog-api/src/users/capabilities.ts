import { accessTable, type Rule } from '../domain/access-table.js';
import type { AccessRules, Caller } from '../domain/access.js';
import type { JobConfiguration, JobTypeConfiguration } from '../domain/job-configuration.js';
import { mayHope } from '../domain/job-rules.js';

/** Something that a person may do, and what allows it. */
export interface Capability {
  /** A name of the closed list of actions, or `operations.read`, `operations.act`, `operations.audit`. */
  readonly action: string;
  /** A tier of the access table, or the rule of job types. */
  readonly rule: string;
  readonly reach: 'all' | 'own';
  /** Where the rule is one of job types: of these. */
  readonly jobTypes?: readonly string[];
}

const { read, act, audit, edit } = accessTable.operations;

/** What the tables alone decide, by what the action is on. */
const ofOperators: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  operations: { read, act, audit },
  job: { cancel: act, retry: act, priority: act, defer: act, link: act },
  part: { 'try-now': act, cancel: act },
  pause: { set: act, end: act },
  limits: { set: act },
  copy: { verify: act, repair: act },
  retrieved: { extend: act },
  'parking-lot': { replay: act, discard: act, restore: act, edit, note: act },
  bulk: { start: act, stop: act },
  publication: { retry: act, compare: act },
};

/** What the job types may give besides: by the rule for posting such jobs, or for changing them. */
const ofJobTypes: readonly {
  readonly action: string;
  readonly by: 'create' | 'update';
  readonly fits: (type: JobTypeConfiguration) => boolean;
}[] = [
  { action: 'job.cancel', by: 'update', fits: ({ workflow }) => workflow !== 'none' },
  { action: 'job.retry', by: 'create', fits: ({ workflow }) => workflow !== 'none' },
  { action: 'job.link', by: 'update', fits: ({ workflow }) => workflow === 'retrieve' },
  { action: 'retrieved.extend', by: 'update', fits: ({ workflow }) => workflow === 'retrieve' },
  { action: 'copy.verify', by: 'create', fits: ({ workflow }) => workflow === 'verify' },
];

/** What the caller may do, of all that the console and `catena ops` can ask for. */
export function capabilitiesOf(
  rules: AccessRules,
  caller: Caller,
  { jobs }: JobConfiguration,
): readonly Capability[] {
  const found: Capability[] = Object.entries(ofOperators).flatMap(([subject, actions]) =>
    Object.entries(actions).flatMap(([verb, rule]) => {
      const tier = rules.grantOf(rule, caller)?.[0];
      return tier === undefined ? [] : [{ action: `${subject}.${verb}`, rule: tier, reach: 'all' as const }];
    }),
  );
  for (const { action, by, fits } of ofJobTypes) {
    if (found.some((one) => one.action === action)) continue;
    if (by === 'update' && rules.isUpdateJobPrivileged(caller)) {
      found.push({ action, rule: 'updateJobPrivileged', reach: 'all' });
      continue;
    }
    const byRule = new Map<string, string[]>();
    for (const type of jobs.values()) {
      const { auth } = type[by];
      if (!fits(type) || auth === undefined || !mayHope(auth, caller)) continue;
      byRule.set(auth, [...(byRule.get(auth) ?? []), type.jobType]);
    }
    for (const [rule, jobTypes] of byRule) found.push({ action, rule, reach: 'own', jobTypes });
  }
  return found.sort((one, other) => (one.action < other.action ? -1 : 1));
}
