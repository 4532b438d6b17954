import type { Check } from './check.js';
import { eventRules, type RuleContext } from './event-rules.js';
import { Missing } from './missing.js';
import type { Scene } from './scene.js';

export interface CheckResult {
  readonly name: string;
  readonly title: string;
  readonly result: 'pass' | 'FAIL' | 'skipped';
  /** Of a failure: what was expected and found. Of what was skipped: what it takes. */
  readonly why?: string;
}

/** How people enable what was skipped. */
const remedies = {
  damage: 'give --damage-command, which changes bytes of the copy whose archive id it gets',
  restart: 'give --restart-command, which kills the worker and starts it again',
  disconnect: 'set RABBITMQ_MANAGEMENT_URL, and let the worker have an account of its own',
} as const;

/**
 * One check after the other, then what holds for all events that were heard meanwhile. What a failed check heard is not
 * told a second time.
 */
export async function runChecks(
  checks: readonly Check[],
  scene: Scene,
  account: string,
  tell: (result: CheckResult) => void,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  const add = (result: CheckResult): void => {
    results.push(result);
    tell(result);
  };
  const passed = (name: string): boolean =>
    results.some((each) => each.name === name && each.result === 'pass');
  for (const check of checks) {
    const { name, title, after = [], needs } = check;
    const first = after.find((other) => !passed(other));
    if (first !== undefined) add({ name, title, result: 'skipped', why: `${first} has to pass first` });
    else if (needs !== undefined && scene.hands[needs] === undefined)
      add({ name, title, result: 'skipped', why: remedies[needs] });
    else add({ name, title, ...(await outcomeOf(check, scene)) });
  }
  const failed = new Set(results.filter(({ result }) => result === 'FAIL').map(({ name }) => name));
  for (const result of judgeEvents(
    { conversation: scene.conversation, settings: scene.settings, account },
    failed,
  ))
    add(result);
  return results;
}

async function outcomeOf(check: Check, scene: Scene): Promise<Pick<CheckResult, 'result' | 'why'>> {
  scene.check = check.name;
  try {
    await check.run(scene);
    return { result: 'pass' };
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    return { result: 'FAIL', why: error.message };
  } finally {
    scene.links.releaseAll();
  }
}

function judgeEvents(context: RuleContext, failed: ReadonlySet<string>): CheckResult[] {
  const { heard, sent } = context.conversation;
  const judged = heard.filter(({ orderId }) => !failed.has(sent.get(orderId)?.check ?? ''));
  return eventRules.map(({ name, title, fault }) => {
    if (judged.length === 0) return { name, title, result: 'skipped', why: 'no event was heard' };
    for (const each of judged) {
      const why = fault(each, context);
      if (why !== undefined) return { name, title, result: 'FAIL', why };
    }
    return { name, title, result: 'pass' };
  });
}
