import { readFileSync } from 'node:fs';
import { CatenaError, messageOf, PermanentError } from './catena-error.js';
import { remembered } from './settings-in-use.js';

/** Variables of a process, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables with a secret: each may name a file instead, as `<NAME>_FILE`, which is how Docker and Kubernetes hand
 * secrets over. docs/configuration.md marks the same ones.
 */
export const secretVariables: readonly string[] = [
  'ACCESS_GROUP_SERVICE_TOKEN',
  'CATALOG_PASSWORD',
  'CERTIFICATE_KEY',
  'CONSOLE_EMERGENCY_TOKEN',
  'CONSOLE_SECRET',
  'DOI_PASSWORD',
  'INGESTOR_TOKEN_SECRET',
  'JOB_ENDPOINT_PASSWORD',
  'JWT_SECRET',
  'LDAP_BIND_CREDENTIALS',
  'METRICS_TOKEN',
  'MONGODB_URI',
  'OIDC_CLIENT_SECRET',
  'OPERATIONS_TOKEN',
  'PUBLIC_SECRET',
  'PUSH_SECRET',
  'RABBITMQ_PASSWORD',
  'RABBITMQ_URL',
  'S3_SECRET_KEY',
  'SCICAT_FEED_URL',
  'SCICAT_PASSWORD',
  'SMTP_PASSWORD',
];

/** Those of them that an installation may do without: an empty file says so, as an empty variable does. */
const optionalSecrets: ReadonlySet<string> = new Set([
  'ACCESS_GROUP_SERVICE_TOKEN',
  'CERTIFICATE_KEY',
  'CONSOLE_EMERGENCY_TOKEN',
  'DOI_PASSWORD',
  'INGESTOR_TOKEN_SECRET',
  'LDAP_BIND_CREDENTIALS',
  'METRICS_TOKEN',
  'OIDC_CLIENT_SECRET',
  'SMTP_PASSWORD',
  'JOB_ENDPOINT_PASSWORD',
  'SCICAT_FEED_URL',
]);

/** What was refused so far in an environment that {@link configurationFrom} reads. */
const refusals = new WeakMap<Environment, string[]>();
/** Stands for a value that was refused, so that it is not called missing as well. It never leaves a reading. */
const placeholder = 'a value whose file was refused, long enough';

/**
 * Reads a configuration: secrets come from the files that the environment names, and everything that is wrong is told
 * at once. Readings may contain each other; the outermost one tells.
 *
 * @param secrets variables with a secret beside {@link secretVariables}
 * @throws PermanentError `kernel.configuration`
 */
export function configurationFrom<T>(
  environment: Environment,
  read: (environment: Environment) => T,
  secrets: readonly string[] = [],
): T {
  if (refusals.has(environment)) return read(environment);
  const problems: string[] = [];
  const names = [...secretVariables, ...secrets];
  const resolved = remembered(resolve(environment, names, problems), names);
  refusals.set(resolved, problems);
  let configuration: T;
  try {
    configuration = read(resolved);
  } catch (error) {
    // After a refusal the reading goes on with an example, and what fails on that is no news.
    if (isRefusal(error)) problems.push(messageOf(error));
    else if (problems.length === 0) throw error;
    throw contradiction(problems);
  }
  if (problems.length > 0) throw contradiction(problems);
  return configuration;
}

/**
 * An environment with the secrets from the files that it names; for programs that read it variable by variable.
 *
 * @throws PermanentError `kernel.configuration`
 */
export function withSecretsFromFiles(environment: Environment, secrets: readonly string[]): Environment {
  const problems: string[] = [];
  const resolved = resolve(environment, secrets, problems);
  if (problems.length > 0) throw contradiction(problems);
  return resolved;
}

/** Refuses values: at once, or together with all others where {@link configurationFrom} reads. */
export function refuse(environment: Environment, ...problems: readonly string[]): void {
  const collected = refusals.get(environment);
  if (collected === undefined) throw contradiction(problems);
  collected.push(...problems);
}

/** What `read` makes of values; `instead` where it refuses them, and that is told as by {@link refuse}. */
export function attempted<T>(environment: Environment, read: () => T, instead: T, name?: string): T {
  try {
    return read();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    refuse(environment, name === undefined ? messageOf(error) : `${name}: ${messageOf(error)}`);
    return instead;
  }
}

/** Whether a value was refused, and not the program at fault. */
export function isRefusal(error: unknown): boolean {
  return error instanceof CatenaError && error.code === 'kernel.configuration';
}

function contradiction(problems: readonly string[]): PermanentError {
  const [only = ''] = problems;
  const list = problems.map((problem) => `  - ${problem}`).join('\n');
  return new PermanentError(
    'kernel.configuration',
    problems.length === 1 ? only : `The settings contradict each other or are incomplete:\n${list}`,
  );
}

function resolve(environment: Environment, secrets: readonly string[], problems: string[]): Environment {
  const resolved: Record<string, string | undefined> = { ...environment };
  for (const name of new Set(secrets)) {
    const file = environment[`${name}_FILE`] ?? '';
    if (file === '') continue;
    delete resolved[`${name}_FILE`];
    const { secret = placeholder, problem } = secretOf(name, environment[name] ?? '', file);
    resolved[name] = secret;
    if (problem !== undefined) problems.push(problem);
  }
  return resolved;
}

function secretOf(name: string, value: string, file: string): { secret?: string; problem?: string } {
  if (value !== '')
    return { problem: `Expected either ${name} or ${name}_FILE, found both: remove one of them.` };
  const expected = `Expected the secret ${name} in the file ${file} (${name}_FILE)`;
  try {
    // Editors and `echo` end a file with a line break that nobody means.
    const secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    return secret === '' && !optionalSecrets.has(name)
      ? { problem: `${expected}, found it empty.` }
      : { secret };
  } catch (error) {
    return {
      problem: `${expected}, found ${messageOf(error)}: correct the path, or let the app's user read the file.`,
    };
  }
}
