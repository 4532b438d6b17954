import { countText, interruption, type CommandBasics, type CommandResult } from '#command-line';
import { SystemClock, type Clock } from '#kernel';
import { accountChecks, jobRightChecks } from './account-checks.js';
import { lookAtFeed } from './feed-check.js';
import { endpointChecks, jobChecks, unseen } from './job-checks.js';
import type { Check, Scene } from './scene.js';
import { ScicatVisit } from './scicat-visit.js';
import { serverChecks } from './server-checks.js';
import { settingsFrom, type CheckScicatOptions, type CheckScicatSettings } from './settings.js';
import { missing, NoAnswer, type Finding, type Verdict } from './verdict.js';

/**
 * Looks at a SciCat that stays, with the account that scicat-bridge is to have, and says what is missing. Changes nothing:
 * what it asks for is about things that are not there.
 */
export async function checkScicat(
  { environment, output, signal }: CommandBasics,
  url: string,
  options: CheckScicatOptions,
  clock: Clock = new SystemClock(),
): Promise<CommandResult> {
  const settings = settingsFrom(url, options, environment);
  const scene: Scene = {
    ...{ settings, clock, scicat: new ScicatVisit(settings.url, settings.patience, signal) },
    ...{ groups: [], email: undefined, isAdmin: false, seesOthers: 'unknown', jobs: [], jobsApi: undefined },
  };
  const verdicts: Verdict[] = [];
  const skipped: string[] = [];
  const passed = new Set<string>();
  const checks = checksFor(settings);
  for (const [index, check] of checks.entries()) {
    if (signal.aborted) throw interruption();
    if (!check.after.every((name) => passed.has(name))) {
      skipped.push(check.name);
      continue;
    }
    output.say(`looking at ${check.name} (${index + 1} of ${checks.length})`);
    const verdict = { name: check.name, ...(await findingOf(check, scene, signal)) };
    if (verdict.result !== 'MISSING') passed.add(check.name);
    verdicts.push(verdict);
  }
  return resultOf(settings, verdicts, skipped);
}

function checksFor({ types, feed }: CheckScicatSettings): Check[] {
  const always = [
    ...serverChecks,
    ...accountChecks,
    ...jobChecks(types),
    ...jobRightChecks,
    ...endpointChecks,
  ];
  return feed === undefined ? always : [...always, { name: 'feed', after: [], run: () => lookAtFeed(feed) }];
}

async function findingOf(check: Check, scene: Scene, signal: AbortSignal): Promise<Finding> {
  try {
    return await check.run(scene);
  } catch (error) {
    if (signal.aborted) throw interruption();
    if (!(error instanceof NoAnswer)) throw error;
    return missing(error.message);
  }
}

function lineOf({ result, name, found }: Verdict): string {
  return `${result.padEnd(8)}${name.padEnd(20)}${found}`;
}

function resultOf(
  { url, user, types }: CheckScicatSettings,
  verdicts: readonly Verdict[],
  skipped: readonly string[],
): CommandResult {
  const count = (result: Verdict['result']): number =>
    verdicts.filter((verdict) => verdict.result === result).length;
  const [lacking, warnings] = [count('MISSING'), count('WARN')];
  const notes = unseen(types);
  return {
    outcome: lacking === 0 ? 'done' : 'failed',
    lines: [
      ...verdicts.flatMap((verdict) => [
        lineOf(verdict),
        ...(verdict.change ?? []).map(
          (line, index) => `        ${index === 0 ? 'change: ' : '        '}${line}`,
        ),
      ]),
      ...(skipped.length === 0
        ? []
        : [`not looked at, as something before it is missing: ${skipped.join(', ')}`]),
      '',
      ...notes,
      '',
      `${countText(verdicts.length, 'check')}: ${lacking} missing, ${countText(warnings, 'warning')}`,
    ],
    document: { url, user, checks: verdicts, skipped, notes, missing: lacking, warnings },
  };
}
