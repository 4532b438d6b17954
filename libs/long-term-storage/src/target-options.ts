import { isAbsolute } from 'node:path';
import { bytesFrom, messageOf } from '#kernel';

/** What is wrong with one option of a target; `key` is its place, such as `cold.days`. */
export interface TargetProblem {
  readonly key: string;
  readonly problem: string;
}

/** Options of a target as YAML or JSON has them. */
export type RawOptions = Readonly<Record<string, unknown>>;

/** Reads the options of a target one by one, and collects all that is wrong with them. */
export class TargetOptions {
  readonly problems: TargetProblem[];
  private readonly seen = new Set<string>();

  constructor(
    private readonly raw: RawOptions,
    private readonly path = '',
    problems: TargetProblem[] = [],
  ) {
    this.problems = problems;
  }

  has(key: string): boolean {
    return this.raw[key] !== undefined && this.raw[key] !== null;
  }

  /** @returns `''` where it is refused */
  text(key: string, what = 'a text', pattern = /^[^\0]+$/): string {
    return this.optionalText(key, what, pattern) ?? this.missing(key, what, '');
  }

  optionalText(key: string, what = 'a text', pattern = /^[^\0]+$/): string | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && pattern.test(value)) return value;
    return this.refuse(key, what, value, '');
  }

  /** An absolute path. @returns `''` where it is refused */
  folder(key: string): string {
    const what = 'an absolute path';
    const found = this.text(key, what);
    if (found === '' || isAbsolute(found)) return found.replace(/(.)\/+$/, '$1');
    return this.refuse(key, what, found, '');
  }

  number(key: string, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    return this.refuse(key, `a number from ${least} to ${most}`, value, undefined);
  }

  integer(key: string, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
    const found = this.number(key, least, most);
    if (found === undefined || Number.isSafeInteger(found)) return found;
    return this.refuse(key, 'a whole number', found, undefined);
  }

  /** Such as `18TiB`, or a number. */
  bytes(key: string): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    try {
      return bytesFrom(String(value));
    } catch (error) {
      return this.refuse(key, `bytes, such as 500GiB (${messageOf(error)})`, value, undefined);
    }
  }

  /** @returns undefined where it is absent or refused */
  texts(key: string): readonly string[] | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string'))
      return value;
    return this.refuse(key, 'a list of texts', value, undefined);
  }

  integers(key: string): readonly number[] | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => Number.isSafeInteger(item))) return value as number[];
    return this.refuse(key, 'a list of whole numbers', value, undefined);
  }

  /** Options below an option; what is wrong with them goes to the problems of this one. */
  below(key: string): TargetOptions | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value === 'object' && !Array.isArray(value))
      return new TargetOptions(value as RawOptions, `${this.path}${key}.`, this.problems);
    return this.refuse(key, 'options of its own', value, undefined);
  }

  /** Refuses what nobody asked for: a mistyped option would be one that is not there. */
  end(): void {
    const known = [...this.seen].sort().join(', ');
    for (const key of Object.keys(this.raw))
      if (!this.seen.has(key))
        this.problems.push({
          key: `${this.path}${key}`,
          problem: `Expected one of the options ${known}, found "${key}". Correct or remove it.`,
        });
  }

  refuse<T>(key: string, expected: string, found: unknown, instead: T): T {
    const shown = JSON.stringify(found)?.slice(0, 200) ?? 'nothing';
    this.problems.push({
      key: `${this.path}${key}`,
      problem: `Expected ${expected} as ${this.path}${key}, found ${shown}.`,
    });
    return instead;
  }

  private missing<T>(key: string, what: string, instead: T): T {
    return this.refuse(key, what, undefined, instead);
  }

  private value(key: string): unknown {
    this.seen.add(key);
    return this.raw[key] ?? undefined;
  }
}
