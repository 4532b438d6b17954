import { countText, type CommandResult } from '#command-line';
import type { CheckResult } from './run-checks.js';
import type { CheckWorkerSettings } from './settings.js';

/** One line for people. */
export function lineOf({ name, title, result, why }: CheckResult): string {
  return `${result.padEnd(8)}${name.padEnd(23)}${why === undefined ? title : why}`;
}

/** @param left archive ids that the worker did not remove at the end */
export function resultOf(
  { target, prefix }: CheckWorkerSettings,
  results: readonly CheckResult[],
  left: readonly string[],
): CommandResult {
  const named = (result: CheckResult['result']): CheckResult[] =>
    results.filter((each) => each.result === result);
  const [failed, skipped] = [named('FAIL'), named('skipped')];
  return {
    outcome: failed.length === 0 ? 'done' : 'failed',
    lines: [
      ...results.map(lineOf),
      '',
      ...failed.map(({ name, title, why }) => `missing (${name}): a worker ${title}. ${why ?? ''}`),
      ...(left.length === 0
        ? []
        : [
            `not removed by the worker, look whether they are there: ${countText(left.length, 'name')} like ${left[0]}`,
          ]),
      verdictOf(results.length, failed.length, skipped.length),
    ],
    document: { target, prefix, checks: results, failed: failed.length, skipped: skipped.length, left },
  };
}

function verdictOf(all: number, failed: number, skipped: number): string {
  const passed = `${all - failed - skipped} of ${all} checks passed`;
  if (failed > 0) return `${passed}, ${failed} failed, ${skipped} were skipped: the worker is not ready`;
  return skipped > 0
    ? `${passed}, ${skipped} were skipped: nothing is said about these`
    : `${passed}: the worker keeps to the protocol`;
}
