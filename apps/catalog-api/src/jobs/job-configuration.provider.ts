import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { PermanentError, messageOf } from '#kernel';
import { mayCallCreate, mayCallUpdate } from '../domain/job-rules.js';
import type { Asking } from '../http/admits.decorator.js';
import { noJobTypes, parseJobConfiguration, type JobConfiguration } from '../domain/job-configuration.js';
import { checkActions } from './job-action-options.js';

export const JobConfigurationToken = Symbol('JobConfiguration');

/** Reads `JOB_CONFIGURATION_FILE` (YAML or JSON) once. Without the variable there are no job types, so nobody can create a job. */
export async function loadJobConfiguration(file: string | undefined): Promise<JobConfiguration> {
  if (file === undefined || file === '') return noJobTypes;
  let value: unknown;
  try {
    value = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new PermanentError(
      'kernel.configuration',
      `Expected JOB_CONFIGURATION_FILE to name a YAML or JSON file, found ${file}: ${messageOf(error)}`,
      { cause: error },
    );
  }
  const configuration = parseJobConfiguration(value, file);
  for (const { jobType, create, update } of configuration.jobs.values()) {
    checkActions(create.actions, file, `${jobType}.create.actions`);
    checkActions(update.actions, file, `${jobType}.update.actions`);
  }
  return configuration;
}

/** Who may post jobs is a matter of the job types: for `@AdmitsIf`. */
export function mayCreateJobs({ rules, caller, get }: Asking): boolean {
  return mayCallCreate(rules, caller, get<JobConfiguration>(JobConfigurationToken));
}

/** Who may change jobs is a matter of the job types: for `@AdmitsIf`. */
export function mayUpdateJobs({ rules, caller, get }: Asking): boolean {
  return mayCallUpdate(rules, caller, get<JobConfiguration>(JobConfigurationToken));
}
