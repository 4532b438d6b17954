import { maxNamesOfJob, type Workflow } from '#contracts';
import { AccessRules, type Caller } from './access.js';
import { isForOperators, type JobConfiguration, type JobTypeConfiguration } from './job-configuration.js';
import { JobRefusal } from './errors.js';

export interface DatasetListEntry {
  readonly pid: string;
  readonly files: readonly string[];
}

/** What the job rules need to know of a dataset. */
export interface JobDataset {
  readonly pid: string;
  readonly ownerGroup: string;
  readonly accessGroups: readonly string[];
  readonly isPublished: boolean;
}

export interface JobOwner {
  readonly ownerUser?: string;
  readonly ownerGroup?: string;
  /** Groups of the user on whose behalf a privileged caller posts the job. */
  readonly groups?: readonly string[];
}

const createWords = [
  '#all',
  '#authenticated',
  '#datasetPublic',
  '#datasetAccess',
  '#datasetOwner',
  '#jobAdmin',
];

/** The gate of creating jobs: does any job type let such a caller in at all? */
export function mayCallCreate(
  rules: AccessRules,
  caller: Caller | undefined,
  configuration: JobConfiguration,
): boolean {
  const auths = authsOf(configuration, 'create');
  if (caller === undefined) return auths.some((auth) => auth === '#all' || auth === '#datasetPublic');
  if (rules.isAdmin(caller) || rules.isCreateJobPrivileged(caller)) return true;
  // Archive managers post none but those on copies: mayPostType.
  if (rules.isUpdateJobPrivileged(caller))
    return [...configuration.jobs.values()].some(({ workflow }) => isForOperators(workflow));
  return auths.some((auth) => createWords.includes(auth) || namesCaller(auth, caller));
}

/** The same for callers whom the gate lets in for the sake of some types: archive managers mend and move copies, and post nothing else. */
export function mayPostType(
  rules: AccessRules,
  caller: Caller | undefined,
  type: JobTypeConfiguration | undefined,
): boolean {
  if (type !== undefined && isForOperators(type.workflow)) return true;
  return rules.isAdmin(caller) || rules.isCreateJobPrivileged(caller) || !rules.isUpdateJobPrivileged(caller);
}

/** The gate of changing jobs. */
export function mayCallUpdate(
  rules: AccessRules,
  caller: Caller | undefined,
  configuration: JobConfiguration,
): boolean {
  const auths = authsOf(configuration, 'update');
  if (caller === undefined) return auths.includes('#all');
  if (rules.isAdmin(caller)) return true;
  if (rules.isCreateJobPrivileged(caller)) return false;
  if (rules.isUpdateJobPrivileged(caller)) return true;
  return auths.some((auth) => auth.startsWith('#') || namesCaller(auth, caller));
}

/**
 * The form of `jobParams.datasetList`, with SciCat's texts.
 *
 * @returns undefined when the job names no datasets
 */
export function datasetListOf(
  jobParams: Readonly<Record<string, unknown>>,
  maxDatasets: number,
): DatasetListEntry[] | undefined {
  if (!('datasetList' in jobParams)) return undefined;
  const list: unknown = jobParams['datasetList'];
  if (!Array.isArray(list)) throw new JobRefusal(400, 'Invalid dataset list');
  if (list.length === 0) throw new JobRefusal(400, 'List of passed datasets is empty.');
  if (list.length > maxDatasets)
    throw new JobRefusal(
      400,
      `Expected at most ${maxDatasets} datasets in one job, found ${list.length}: post several jobs.`,
    );
  for (const entry of list) checkEntry(entry);
  refuseRepeated(list as DatasetListEntry[]);
  refuseManyNames(list as DatasetListEntry[]);
  return list as DatasetListEntry[];
}

/** Two entries of one dataset would do its work twice, or contradict each other in their files. */
function refuseRepeated(list: readonly DatasetListEntry[]): void {
  const seen = new Set<string>();
  const repeated = list.find(({ pid }) => seen.size === seen.add(pid).size);
  if (repeated !== undefined)
    throw new JobRefusal(
      400,
      `Expected each dataset once in datasetList, found ${repeated.pid} twice: name all of its files in one entry.`,
    );
}

function refuseManyNames(list: readonly DatasetListEntry[]): void {
  const names = list.reduce((sum, { files }) => sum + files.length, 0);
  if (names > maxNamesOfJob)
    throw new JobRefusal(
      400,
      `Expected at most ${maxNamesOfJob} names of files in one job, found ${names}: name folders instead (a folder means everything below it), post several jobs, or leave files empty for whole datasets.`,
    );
}

function checkEntry(entry: unknown): void {
  const fields = typeof entry === 'object' && entry !== null ? entry : {};
  const { pid, files } = fields as Record<string, unknown>;
  if (Object.keys(fields).sort().join() !== 'files,pid')
    throw new JobRefusal(400, 'Dataset list is expected to contain sets of pid and files.');
  if (typeof pid !== 'string')
    throw new JobRefusal(400, "In datasetList each 'pid' field should be a string.");
  if (!Array.isArray(files))
    throw new JobRefusal(400, "In datasetList each 'files' field should be an array.");
  if (!files.every((file) => typeof file === 'string'))
    throw new JobRefusal(400, "In datasetList each 'files' field should be an array of strings.");
}

const withoutGroup = 'Invalid new job. Owner group should be specified.';
const notInGroup = 'Invalid new job. User needs to belong to job owner group.';
const oneAnswer = {
  error: 'Each dataset of the list must exist, and its rights must allow this job to its owner.',
};

/** Who the job belongs to when an ordinary or anonymous caller posts it. */
export function ownerForOrdinary(caller: Caller | undefined, wanted: JobOwner): JobOwner {
  if (caller === undefined) {
    if (wanted.ownerGroup !== undefined)
      throw new JobRefusal(
        400,
        'Invalid new job. Unauthenticated user cannot initiate a job owned by another user.',
      );
    return {};
  }
  if (wanted.ownerUser !== undefined && wanted.ownerUser !== caller.username)
    throw new JobRefusal(400, 'Invalid new job. User owning the job should match user logged in.');
  if (wanted.ownerGroup === undefined) throw new JobRefusal(400, withoutGroup);
  if (!caller.currentGroups.includes(wanted.ownerGroup)) throw new JobRefusal(400, notInGroup);
  return { ownerUser: caller.username, ownerGroup: wanted.ownerGroup };
}

/**
 * Whether this caller may create this job for this owner on these datasets.
 *
 * @param onBehalf for the owner, whose own rights to the datasets count alone
 */
export function mayCreateJob(
  rules: AccessRules,
  caller: Caller | undefined,
  type: JobTypeConfiguration,
  owner: JobOwner,
  datasets: readonly JobDataset[] | undefined,
  onBehalf = false,
): boolean {
  if (rules.isAdmin(caller)) return true;
  const auth = type.create.auth;
  if (isForOperators(type.workflow))
    return (
      onBehalf ||
      mayTendCopies(rules, caller) ||
      (auth !== undefined && caller !== undefined && namesCaller(auth, caller))
    );
  const everyDataset = auth === undefined || passesDatasets(auth, owner, datasets);
  if (onBehalf || rules.isCreateJobPrivileged(caller)) return everyDataset;
  if (auth === undefined || auth === '#jobAdmin' || !everyDataset) return false;
  if (auth === '#all' || auth === '#datasetPublic') return true;
  return caller !== undefined && (auth.startsWith('#') || namesCaller(auth, caller));
}

/** Whether jobs on copies are among the caller's tasks: administrators and archive managers. */
export function mayTendCopies(rules: AccessRules, caller: Caller | undefined): boolean {
  return rules.isAdmin(caller) || rules.isCreateJobPrivileged(caller) || rules.isUpdateJobPrivileged(caller);
}

export function mayUpdateJob(
  rules: AccessRules,
  caller: Caller | undefined,
  type: JobTypeConfiguration,
  job: JobOwner,
): boolean {
  if (rules.isAdmin(caller) || rules.isUpdateJobPrivileged(caller)) return true;
  const auth = type.update.auth;
  if (auth === undefined) return false;
  if (caller === undefined) return auth === '#all' && job.ownerGroup === undefined;
  if (auth === '#all') return true;
  if (auth === '#jobOwnerUser') return job.ownerUser === caller.username;
  if (auth === '#jobOwnerGroup')
    return job.ownerGroup !== undefined && caller.currentGroups.includes(job.ownerGroup);
  return namesCaller(auth, caller);
}

/** Who may change a job may stop it; operators stop those of everybody, and change none. */
export function mayStopJob(
  rules: AccessRules,
  caller: Caller | undefined,
  type: JobTypeConfiguration,
  job: JobOwner,
): boolean {
  return rules.isOperator(caller) || mayUpdateJob(rules, caller, type, job);
}

/** Whether a job is neither the caller's own nor one of his groups'. */
export function isOfOthers(caller: Caller | undefined, { ownerUser, ownerGroup }: JobOwner): boolean {
  const isOwn = ownerUser !== undefined && ownerUser === caller?.username;
  return !isOwn && (ownerGroup === undefined || caller?.currentGroups.includes(ownerGroup) !== true);
}

/** What the update rule of a job type gives a caller at best, before any job is looked at. */
export function mayHope(auth: string | undefined, caller: Caller): boolean {
  if (auth === undefined || auth === '#jobAdmin') return false;
  return auth.startsWith('#') || namesCaller(auth, caller);
}

/** One answer for a dataset that does not exist and for one of others. */
export function notYours(): JobRefusal {
  return new JobRefusal(403, 'Unauthorized to create this job.', oneAnswer);
}

/** The same for v3, where the group comes from the datasets: SciCat's words for those of others. */
export function noGroupFor(auth: string | undefined): JobRefusal {
  return new JobRefusal(400, auth === '#datasetAccess' ? withoutGroup : notInGroup, oneAnswer);
}

/** Whether the right to create such jobs comes from their datasets. */
export function asksDatasets({ create }: JobTypeConfiguration): boolean {
  return create.auth?.startsWith('#dataset') === true;
}

function passesDatasets(auth: string, owner: JobOwner, datasets: readonly JobDataset[] | undefined): boolean {
  if (!auth.startsWith('#dataset')) return true;
  if (datasets === undefined) throw new JobRefusal(400, 'Dataset ids list was not provided in jobParams');
  const isAnybodys = owner.ownerUser === undefined && owner.ownerGroup === undefined;
  if (auth === '#datasetOwner' && isAnybodys) throw new JobRefusal(401, 'User not authenticated');
  return datasets.every((dataset) => {
    if (auth === '#datasetPublic') return dataset.isPublished;
    if (auth === '#datasetOwner') return hasRight(owner, (group) => dataset.ownerGroup === group);
    const isOpenTo = (group: string): boolean =>
      dataset.ownerGroup === group || dataset.accessGroups.includes(group);
    return dataset.isPublished || hasRight(owner, isOpenTo);
  });
}

/** The job's group has it; without one the user's groups; with one that the user is not in, both must. */
function hasRight({ ownerGroup, groups }: JobOwner, of: (group: string) => boolean): boolean {
  if (ownerGroup === undefined) return groups?.some(of) ?? false;
  return of(ownerGroup) && (groups === undefined || groups.includes(ownerGroup) || groups.some(of));
}

function namesCaller(auth: string, caller: Caller): boolean {
  return auth.startsWith('@') ? caller.currentGroups.includes(auth.slice(1)) : auth === caller.username;
}

function authsOf({ jobs }: JobConfiguration, operation: 'create' | 'update'): string[] {
  return [...jobs.values()].flatMap((job) => job[operation].auth ?? []);
}

/** Targets that a job on copies names, in the words of its message. */
export interface CopyTargets {
  readonly moveFrom?: string;
  readonly moveTo?: string;
  readonly repairAt?: string;
}

const targetName = /^[a-z0-9-]{1,40}$/;

/**
 * What a `migrate` or a `repair` says of targets. Whether there are such targets is known to job-assembler.
 *
 * @throws JobRefusal 400
 */
export function copyTargetsOf(workflow: Workflow, jobParams: Readonly<Record<string, unknown>>): CopyTargets {
  if (workflow === 'repair')
    return jobParams['target'] === undefined ? {} : { repairAt: targetIn(jobParams, 'target') };
  if (workflow !== 'migrate') return {};
  const [moveFrom, moveTo] = [targetIn(jobParams, 'from'), targetIn(jobParams, 'to')];
  if (moveFrom === moveTo)
    throw new JobRefusal(
      400,
      `Expected different targets in jobParams.from and jobParams.to, found ${moveFrom} twice: there is nothing to move.`,
    );
  return { moveFrom, moveTo };
}

function targetIn(jobParams: Readonly<Record<string, unknown>>, field: string): string {
  const name = jobParams[field];
  if (typeof name === 'string' && targetName.test(name)) return name;
  throw new JobRefusal(
    400,
    `Expected the name of a target of ROUTES_FILE (1 to 40 small letters, digits and -) in jobParams.${field}, found ${JSON.stringify(name) ?? 'nothing'}.`,
  );
}
