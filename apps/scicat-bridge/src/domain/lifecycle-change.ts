import { isDeepStrictEqual } from 'node:util';
import type { ScicatLifecycle } from '../scicat/scicat.js';
import type { LeftAlone } from './bridge-job.js';

export interface LifecycleChange {
  /** Fields to be written. */
  readonly write: ScicatLifecycle;
  /** Fields that say what is wanted, now or after the write. */
  readonly told: ScicatLifecycle;
  /** Fields that a person or another program changed: not written. */
  readonly leftAlone: readonly Omit<LeftAlone, 'at' | 'pid'>[];
}

/** Characters of a value that are kept for people. */
const maxShown = 300;

/**
 * What of a change may be written: fields that say what the bridge found or wrote last, and not yet what is wanted.
 *
 * @param last what it found when it accepted the job, with what it has written since
 * @param now what SciCat says at this moment
 * @param others what the bridge has written of it for other jobs: its own word as well
 * @param theirs fields that others are known to have changed: not written, and not told of again
 */
export function lifecycleChange(
  wanted: ScicatLifecycle,
  {
    last,
    now,
    theirs = [],
    others = [],
  }: Readonly<Record<'last' | 'now', ScicatLifecycle>> & {
    readonly theirs?: readonly string[];
    readonly others?: readonly ScicatLifecycle[];
  },
): LifecycleChange {
  const [write, told]: Record<string, unknown>[] = [{}, {}];
  const leftAlone: Omit<LeftAlone, 'at' | 'pid'>[] = [];
  for (const [field, want] of Object.entries(wanted)) {
    if (theirs.includes(field)) continue;
    const [found, expected] = [valueOf(now, field), valueOf(last, field)];
    const isAsWanted = isDeepStrictEqual(found, want);
    const isOurs = [expected, ...others.map((other) => valueOf(other, field))].some((word) =>
      isDeepStrictEqual(found, word),
    );
    if (!isAsWanted && !isOurs) {
      leftAlone.push({ field, expected: shown(expected), found: shown(found), wanted: shown(want) });
      continue;
    }
    told![field] = want;
    if (!isAsWanted) write![field] = want;
  }
  return { write: write as ScicatLifecycle, told: told as ScicatLifecycle, leftAlone };
}

/** SciCat has no value, `null` and an empty object for the same thing, depending on its version. */
function valueOf(lifecycle: ScicatLifecycle, field: string): unknown {
  const value = (lifecycle as Readonly<Record<string, unknown>>)[field];
  if (value === undefined || value === null) return field.endsWith('ReturnMessage') ? {} : undefined;
  return value;
}

export function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, maxShown);
}
