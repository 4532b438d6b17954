import { newId } from '#kernel';
import type { MongoConnection } from '#persistence';
import { memoryCollection } from '#persistence/testing';
import { newRun, ReconciliationRecords, RunOfChecks, type ReconciliationCheck } from '../index.js';

/** What became of each finding of one run of one check. */
export interface Reconciled {
  /** `<kind> <outcome>`, in their order. */
  readonly outcomes: readonly string[];
  readonly subjects: readonly string[];
  readonly watched: number;
  readonly skipped: readonly string[];
}

/** Runs of checks, one after the other, on records in memory. */
export class Reconciling {
  private readonly collections = new Map<string, ReturnType<typeof memoryCollection>>();
  private readonly records = new ReconciliationRecords({
    connection: { collection: (name: string) => this.collectionOf(name) },
  } as unknown as MongoConnection);

  /** @param minAge milliseconds */
  constructor(private readonly minAge: number) {}

  async run(check: ReconciliationCheck, now: Date, apply = false): Promise<Reconciled> {
    const run = newRun(newId(), { apply, by: 'a test', reason: 'a test' }, [check], now);
    await this.records.begin(run);
    const oldEnough = new Date(now.getTime() - this.minAge);
    await new RunOfChecks(run, this.records, oldEnough, new AbortController().signal).over([check]);
    const [{ watched, skipped, fault }] = run.checks as [(typeof run.checks)[number]];
    if (fault !== undefined) throw new Error(fault);
    const findings = await this.records.findingsOf(run._id);
    return {
      outcomes: findings.map(({ kind, outcome }) => `${kind} ${outcome}`),
      subjects: findings.map(({ subject }) => subject),
      watched,
      skipped,
    };
  }

  private collectionOf(name: string) {
    const found = this.collections.get(name) ?? memoryCollection();
    this.collections.set(name, found);
    return found;
  }
}
