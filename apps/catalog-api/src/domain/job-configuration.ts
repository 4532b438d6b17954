import { workflows, type Workflow } from '#contracts';
import { PermanentError } from '#kernel';

/** One action of SciCat's job configuration; options are checked by the action that takes them. */
export interface ActionConfiguration {
  readonly actionType: string;
  readonly [option: string]: unknown;
}

interface OperationConfiguration {
  /** `#all`, `#authenticated`, `#dataset…`, `#job…`, `@group` or a user name; absent: privileged users only. */
  readonly auth?: string;
  readonly actions: readonly ActionConfiguration[];
}

export interface JobTypeConfiguration {
  readonly jobType: string;
  readonly create: OperationConfiguration;
  readonly update: OperationConfiguration;
  /** What Catena itself does with such jobs: the option of the action `catena`. */
  readonly workflow: Workflow;
}

export interface JobConfiguration {
  readonly configVersion: string;
  readonly jobs: ReadonlyMap<string, JobTypeConfiguration>;
}

export const noJobTypes: JobConfiguration = { configVersion: '', jobs: new Map() };

/**
 * Reads SciCat's job configuration (already parsed from YAML or JSON).
 *
 * @throws PermanentError with the place and the fix; a broken file stops the start
 */
export function parseJobConfiguration(value: unknown, file: string): JobConfiguration {
  const root = objectAt(value, file, 'the file');
  if (typeof root['configVersion'] !== 'string') throw complaint(file, 'configVersion', 'a text');
  if (!Array.isArray(root['jobs'])) throw complaint(file, 'jobs', 'a list of job types');
  const jobs = new Map<string, JobTypeConfiguration>();
  for (const [index, entry] of root['jobs'].entries()) {
    const job = parseJobType(entry, file, `jobs[${index}]`);
    if (jobs.has(job.jobType))
      throw complaint(file, `jobs[${index}].jobType`, `unique, found ${job.jobType} twice`);
    jobs.set(job.jobType, job);
  }
  return { configVersion: root['configVersion'], jobs };
}

function parseJobType(value: unknown, file: string, place: string): JobTypeConfiguration {
  const entry = objectAt(value, file, place);
  if (typeof entry['jobType'] !== 'string' || entry['jobType'] === '')
    throw complaint(file, `${place}.jobType`, 'a text');
  const create = parseOperation(entry['create'], file, `${place}.create`);
  const update = parseOperation(entry['update'], file, `${place}.update`);
  const workflow = workflowOf(create.actions, file, place);
  if (isForOperators(workflow) && create.auth?.startsWith('#') === true && create.auth !== '#jobAdmin')
    throw complaint(
      file,
      `${place}.create.auth`,
      `#jobAdmin, a group or a user, for only operators ${workflow} copies`,
    );
  return { jobType: entry['jobType'], create, update, workflow };
}

function parseOperation(value: unknown, file: string, place: string): OperationConfiguration {
  const operation = objectAt(value, file, place);
  const actions = operation['actions'] ?? [];
  if (!Array.isArray(actions)) throw complaint(file, `${place}.actions`, 'a list');
  for (const [index, action] of actions.entries()) {
    if (typeof (action as { actionType?: unknown } | null)?.actionType !== 'string')
      throw complaint(file, `${place}.actions[${index}].actionType`, 'a text');
  }
  const auth = operation['auth'];
  if (auth !== undefined && typeof auth !== 'string') throw complaint(file, `${place}.auth`, 'a text');
  return { ...(auth === undefined ? {} : { auth }), actions: actions as ActionConfiguration[] };
}

/** Work on long-term storage that users have no say in: where copies lie, and what becomes of bad ones. */
export function isForOperators(workflow: Workflow): boolean {
  return workflow === 'repair' || workflow === 'migrate';
}

function workflowOf(actions: readonly ActionConfiguration[], file: string, place: string): Workflow {
  const action = actions.find(({ actionType }) => actionType === 'catena');
  if (action === undefined) return 'none';
  const { workflow } = action;
  const known = workflows.find((name) => name !== 'none' && name === workflow);
  if (known === undefined)
    throw complaint(
      file,
      `${place}.create: action catena`,
      'an option workflow: archive, retrieve, verify, reset, repair or migrate',
    );
  return known;
}

function objectAt(value: unknown, file: string, place: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw complaint(file, place, 'a mapping');
  return value as Record<string, unknown>;
}

export function complaint(file: string, place: string, expected: string): PermanentError {
  return new PermanentError(
    'kernel.configuration',
    `Job configuration ${file}: expected ${place} to be ${expected}. Correct the file and start again.`,
  );
}
