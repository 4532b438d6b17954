import { messageOf, stillMoving } from '#kernel';
import type { Finding, Look, ReconciliationCheck } from './reconciliation-check.js';
import {
  maxKept,
  reconciliationLifetime,
  type CheckProgress,
  type KeptFinding,
  type ReconciliationRecords,
  type ReconciliationRun,
} from './reconciliation-records.js';

/** Of what was skipped, or noted, that is kept. */
const maxSaid = 50;

/** What an operator asks for. */
export interface WantedRun {
  readonly apply: boolean;
  readonly by: string;
  readonly reason: string;
}

export function newRun(
  _id: string,
  { apply, by, reason }: WantedRun,
  checks: readonly ReconciliationCheck[],
  now: Date,
): ReconciliationRun {
  const nothing = { lookedAt: 0, findings: 0, repaired: 0, changed: 0, failed: 0, watched: 0 };
  return {
    ...{ _id, apply, by, reason, startedAt: now, kinds: {} },
    checks: checks.map(({ name }) => ({ name, state: 'waiting', ...nothing, skipped: [], notes: [] })),
    expiresAt: new Date(now.getTime() + reconciliationLifetime),
  };
}

/** One run over all checks, one after the other, a finding at a time. */
export class RunOfChecks {
  private kept = 0;

  constructor(
    private readonly run: ReconciliationRun,
    private readonly records: ReconciliationRecords,
    private readonly oldEnough: Date,
    private readonly signal: AbortSignal,
  ) {}

  /** A check that cannot look to its end says why, and the others are run. @throws what the signal was aborted with */
  async over(checks: readonly ReconciliationCheck[]): Promise<void> {
    for (const [index, check] of checks.entries()) {
      const progress = this.run.checks[index]!;
      progress.state = 'running';
      try {
        await this.one(check, progress);
        progress.state = 'done';
      } catch (error) {
        this.signal.throwIfAborted();
        progress.state = 'failed';
        progress.fault = messageOf(error).slice(0, 1000);
      }
      await this.records.progress(this.run);
    }
  }

  private async one(check: ReconciliationCheck, progress: CheckProgress): Promise<void> {
    for await (const finding of check.findings(this.lookOf(check, progress))) {
      this.signal.throwIfAborted();
      stillMoving();
      progress.findings += 1;
      await this.keep(await this.dealtWith(check, finding, progress));
    }
  }

  private async dealtWith(
    check: ReconciliationCheck,
    { seen, ...finding }: Finding,
    progress: CheckProgress,
  ): Promise<KeptFinding> {
    const known = { ...finding, check: check.name };
    if (!this.run.apply || !finding.canRepair) return { ...known, outcome: 'found' };
    try {
      const outcome = await check.repair({ ...finding, seen });
      progress[outcome] += 1;
      return { ...known, outcome };
    } catch (error) {
      this.signal.throwIfAborted();
      progress.failed += 1;
      return { ...known, outcome: 'failed', fault: messageOf(error) };
    }
  }

  /** All are counted; of each kind the first ones are kept. */
  private async keep(finding: KeptFinding): Promise<void> {
    const count = (this.run.kinds[finding.kind] ?? 0) + 1;
    this.run.kinds[finding.kind] = count;
    if (count > maxKept) return;
    await this.records.keep(this.run._id, this.kept, finding, this.run.expiresAt);
    this.kept += 1;
  }

  private lookOf({ name }: ReconciliationCheck, progress: CheckProgress): Look {
    const { _id, startedAt } = this.run;
    return {
      now: startedAt,
      oldEnough: this.oldEnough,
      looked: () => {
        progress.lookedAt += 1;
        stillMoving();
        this.signal.throwIfAborted();
      },
      skip: (what) => say(progress.skipped, what),
      note: (what) => say(progress.notes, what),
      isOldNews: async (scope, key) => {
        const since = await this.records.see(_id, `${name}/${scope}`, key, startedAt);
        const isOld = since !== undefined && since <= this.oldEnough;
        if (!isOld) progress.watched += 1;
        return isOld;
      },
      sawAll: (scope) => this.records.forgetUnseen(_id, `${name}/${scope}`),
    };
  }
}

function say(list: string[], what: string): void {
  if (list.length < maxSaid) list.push(what.slice(0, 500));
}
