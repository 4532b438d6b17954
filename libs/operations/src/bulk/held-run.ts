import type { Clock } from '#kernel';
import type { bulkRuns } from './bulk-records.js';
import { bulkLimits, type BulkFailure, type BulkItem, type BulkRunRecord } from './bulk-run.js';

export type Counted = 'done' | 'skipped' | 'failed';

type Change = { readonly $set?: object } & Readonly<Record<string, object>>;
type Runs = ReturnType<typeof bulkRuns>;

/** What a run that is over says of its end. */
export function runOver(now: Date): { endedAt: Date; updatedAt: Date; expiresAt: Date } {
  return { endedAt: now, updatedAt: now, expiresAt: new Date(now.getTime() + bulkLimits.kept) };
}

/** A run while this process works on it: each write asks that it is still so, and that no person has stopped it. */
export class HeldRun {
  private until: Date;

  constructor(
    private readonly runs: Runs,
    private readonly clock: Clock,
    readonly run: BulkRunRecord,
    private readonly lease: number,
  ) {
    this.until = run.dueAt!;
  }

  /** @returns false when it is no longer this process's to go on */
  take(taking: BulkItem): Promise<boolean> {
    return this.write({ $set: { taking } }, this.ahead());
  }

  /** What became of one thing, and which is next. @returns false when it is no longer this process's to go on */
  count(
    place: string,
    counted: Counted,
    failure: BulkFailure | undefined,
    next: BulkItem | undefined,
  ): Promise<boolean> {
    const failures = { $each: failure === undefined ? [] : [failure], $slice: -bulkLimits.failures };
    return this.write(
      {
        $inc: { [counted]: 1 },
        $set: { place, ...(next === undefined ? {} : { taking: next }) },
        $unset: { waits: '', ...(next === undefined ? { taking: '' } : {}) },
        ...(failure === undefined ? {} : { $push: { failures } }),
      },
      this.ahead(),
    );
  }

  /** Goes on after so many milliseconds, perhaps in another process. */
  async rest(milliseconds: number, waits?: BulkRunRecord['waits']): Promise<void> {
    const dueAt = new Date(this.clock.now().getTime() + milliseconds);
    await this.write(waits === undefined ? {} : { $set: { waits } }, dueAt);
  }

  async finish(): Promise<void> {
    const now = this.clock.now();
    await this.runs.updateOne(
      { _id: this.run._id, state: 'running', dueAt: this.until },
      { $set: { state: 'finished', ...runOver(now) }, $unset: { dueAt: '', waits: '', taking: '' } },
    );
  }

  private async write(change: Change, dueAt: Date): Promise<boolean> {
    const updatedAt = this.clock.now();
    const { matchedCount } = await this.runs.updateOne(
      { _id: this.run._id, state: 'running', dueAt: this.until },
      { ...change, $set: { ...change.$set, dueAt, updatedAt } },
    );
    this.until = dueAt;
    return matchedCount > 0;
  }

  private ahead(): Date {
    return new Date(this.clock.now().getTime() + this.lease);
  }
}
