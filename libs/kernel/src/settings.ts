import { readFileSync } from 'node:fs';
import { messageOf, PermanentError } from './catena-error.js';
import { attempted, isRefusal, refuse, type Environment } from './configuration.js';

/** A variable that has no sensible default; the example, where the reading goes on to tell all problems at once. */
export function required(environment: Environment, name: string, example: string): string {
  const value = environment[name];
  if (value !== undefined && value !== '') return value;
  refuse(
    environment,
    `Expected the environment variable ${name}, for example ${name}=${example}. \`npm run stack -- env\` prints the values of the local stack.`,
  );
  return example;
}

/** SciCat's ways of saying yes. */
export function isOn(text: string | undefined): boolean {
  return text !== undefined && /^(yes|true|on|1)$/i.test(text.trim());
}

/** Without the blanks around it; undefined when nothing else is there. */
export function present(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === undefined || trimmed === '' ? undefined : trimmed;
}

/** The items of a list with commas between them. */
export function listFrom(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** The PEM in the file that a variable names; undefined where it names none. */
export function certificatesFrom(environment: Environment, name: string): string | undefined {
  const file = present(environment[name]);
  if (file === undefined) return undefined;
  const expected = `Expected certificates (-----BEGIN CERTIFICATE-----) in the file ${file} (${name})`;
  try {
    const text = readFileSync(file, 'utf8');
    if (!text.includes('-----BEGIN CERTIFICATE-----'))
      refuse(environment, `${expected}, found none: correct the path, or remove it.`);
    return text;
  } catch (error) {
    if (isRefusal(error)) throw error;
    refuse(environment, `${expected}, found ${messageOf(error)}: correct the path, or remove it.`);
    return undefined;
  }
}

/** An address that paths are appended to. */
export function withoutSlash(text: string): string {
  return text.replace(/\/+$/, '');
}

/** A whole number, at least `least`. */
export function integer(environment: Environment, name: string, fallback: number, least = 1): number {
  const text = environment[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  refuse(
    environment,
    `Expected ${name} to be a whole number of at least ${least}, found ${JSON.stringify(text)}.`,
  );
  return fallback;
}

/** A duration in milliseconds. */
export function duration(environment: Environment, name: string, fallback: string): number {
  return measured(environment, name, fallback, durationFrom);
}

/** A size in bytes. */
export function bytes(environment: Environment, name: string, fallback: string): number {
  return measured(environment, name, fallback, bytesFrom);
}

function measured(
  environment: Environment,
  name: string,
  fallback: string,
  parse: (text: string) => number,
): number {
  const text = environment[name];
  if (text === undefined || text === '') return parse(fallback);
  return attempted(environment, () => parse(text), parse(fallback), name);
}

/** `500ms`, `10s`, `5m`, `2h`, `7d` in milliseconds. */
export function durationFrom(text: string): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null)
    throw new PermanentError(
      'kernel.configuration',
      `Expected a duration such as 500ms, 10s, 5m, 2h or 7d, found ${JSON.stringify(text)}.`,
    );
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Number(match[1]) * units[match[2] as keyof typeof units];
}

/** Bytes: `500000`, `64MiB`, `500GiB`, `2TiB`. */
export function bytesFrom(text: string): number {
  const match = /^(\d+)(B|KiB|MiB|GiB|TiB)?$/.exec(text.trim());
  if (match === null)
    throw new PermanentError(
      'kernel.configuration',
      `Expected a size such as 500000, 64MiB or 500GiB, found ${JSON.stringify(text)}.`,
    );
  const units = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };
  return Number(match[1]) * units[(match[2] ?? 'B') as keyof typeof units];
}
