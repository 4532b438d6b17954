import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { isDuplicateKey, MongoConnection } from '#persistence';
import type { Finding } from './reconciliation-check.js';

/** How far one check is. */
export interface CheckProgress {
  readonly name: string;
  /** `failed`: it could not look to the end. */
  state: 'waiting' | 'running' | 'done' | 'failed';
  lookedAt: number;
  findings: number;
  repaired: number;
  /** Not as it was seen any more when it was to be repaired: nothing was done. */
  changed: number;
  failed: number;
  /** Seen for the first time, or not for long enough: a later run judges it. */
  watched: number;
  /** What could not be looked at, and why. */
  skipped: string[];
  notes: string[];
  fault?: string;
}

export interface ReconciliationRun {
  readonly _id: string;
  readonly apply: boolean;
  readonly by: string;
  readonly reason: string;
  readonly startedAt: Date;
  endedAt?: Date;
  /** Exact, by kind; the findings that are kept are the first ones of each. */
  kinds: Record<string, number>;
  checks: CheckProgress[];
  readonly expiresAt: Date;
}

export interface KeptFinding extends Omit<Finding, 'seen'> {
  readonly check: string;
  readonly outcome: 'found' | 'repaired' | 'changed' | 'failed';
  /** Why it could not be repaired. */
  readonly fault?: string;
}

interface StoredFinding extends KeptFinding {
  readonly _id: string;
  readonly run: string;
  readonly number: number;
  readonly expiresAt: Date;
}

/** Which run has the turn: one at a time for all processes of the app. */
export interface Turn {
  readonly run: string;
  readonly by: string;
  readonly since: Date;
  /** Its process has died if it did not push this out. */
  readonly until: Date;
}

interface Sighting {
  readonly _id: string;
  readonly scope: string;
  readonly firstAt: Date;
  readonly firstRun: string;
  readonly run: string;
  readonly seenAt: Date;
}

const onlyTurn = 'reconciliation';
/** Milliseconds that runs, findings and sightings are kept. */
export const reconciliationLifetime = 30 * 86_400_000;
const sightingLifetime = 12 * 30 * 86_400_000;
const maxText = 500;
/** Findings of one kind that are kept. */
export const maxKept = 1000;
/** Findings that one answer names. */
const maxAnswered = 5000;

/** Runs of the reconciler, what they found, and what they have seen and not judged yet: in the app's own database. */
@Injectable()
export class ReconciliationRecords {
  constructor(private readonly mongo: MongoConnection) {}

  whenReady(): Promise<void> {
    return this.mongo.whenReady();
  }

  /** Once after a start. */
  createIndexes(): Promise<void> {
    return this.mongo.afterStart('indexes of reconciliations', async () => {
      const expiry = { expireAfterSeconds: 0 };
      await this.runs.createIndex({ expiresAt: 1 }, { name: 'expiry', ...expiry });
      await this.kept.createIndex({ expiresAt: 1 }, { name: 'expiry', ...expiry });
      await this.kept.createIndex({ run: 1, number: 1 }, { name: 'by_run' });
      await this.sightings.createIndex({ scope: 1, run: 1 }, { name: 'by_scope' });
      const sightingExpiry = { expireAfterSeconds: sightingLifetime / 1000 };
      await this.sightings.createIndex({ seenAt: 1 }, { name: 'expiry', ...sightingExpiry });
    });
  }

  /** @returns the turn of another run that goes on */
  async takeTurn(turn: Turn, now: Date): Promise<Turn | undefined> {
    try {
      await this.turns.updateOne(
        { _id: onlyTurn, until: { $lte: now } },
        { $set: { ...turn } },
        { upsert: true },
      );
      return undefined;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return this.turn();
    }
  }

  async turn(): Promise<Turn | undefined> {
    return (await this.turns.findOne({ _id: onlyTurn })) ?? undefined;
  }

  /** @returns false when another run has the turn */
  async renewTurn(run: string, until: Date): Promise<boolean> {
    return (await this.turns.updateOne({ _id: onlyTurn, run }, { $set: { until } })).matchedCount > 0;
  }

  async endTurn(run: string): Promise<void> {
    await this.turns.deleteOne({ _id: onlyTurn, run });
  }

  async begin(run: ReconciliationRun): Promise<void> {
    await this.runs.insertOne(run);
  }

  async progress({ _id, kinds, checks, endedAt }: ReconciliationRun): Promise<void> {
    const ended = endedAt === undefined ? {} : { endedAt };
    // What the heartbeat writes may arrive late: after the end it changes nothing.
    await this.runs.updateOne({ _id, endedAt: { $exists: false } }, { $set: { kinds, checks, ...ended } });
  }

  async find(_id: string): Promise<ReconciliationRun | undefined> {
    return (await this.runs.findOne({ _id })) ?? undefined;
  }

  /** The newest first. */
  list(limit: number): Promise<ReconciliationRun[]> {
    return this.runs.find({}).sort({ startedAt: -1 }).limit(limit).toArray();
  }

  async keep(run: string, number: number, finding: KeptFinding, expiresAt: Date): Promise<void> {
    const { fault, ...rest } = finding;
    const _id = `${run}/${number}`;
    const said = fault === undefined ? {} : { fault: fault.slice(0, maxText) };
    await this.kept.insertOne({ _id, run, number, ...shortened(rest), ...said, expiresAt });
  }

  async findingsOf(run: string): Promise<KeptFinding[]> {
    const found = await this.kept.find({ run }).sort({ number: 1 }).limit(maxAnswered).toArray();
    return found.map(({ _id: _, run: _run, number: _number, expiresAt: _expiry, ...finding }) => finding);
  }

  /** @returns since when every run has seen it; undefined when this one is the first */
  async see(run: string, scope: string, key: string, now: Date): Promise<Date | undefined> {
    const _id = createHash('sha256')
      .update(JSON.stringify([scope, key]))
      .digest('hex');
    const before = await this.sightings.findOneAndUpdate(
      { _id },
      { $setOnInsert: { scope, firstAt: now, firstRun: run }, $set: { run, seenAt: now } },
      { upsert: true, returnDocument: 'before' },
    );
    return before === null || before.firstRun === run ? undefined : before.firstAt;
  }

  async forgetUnseen(run: string, scope: string): Promise<void> {
    await this.sightings.deleteMany({ scope, run: { $ne: run } });
  }

  private get runs() {
    return this.mongo.connection.collection<ReconciliationRun>('catena_reconciliations');
  }

  private get kept() {
    return this.mongo.connection.collection<StoredFinding>('catena_reconciliation_findings');
  }

  private get turns() {
    return this.mongo.connection.collection<Turn & { _id: string }>('catena_reconciliation_turn');
  }

  private get sightings() {
    return this.mongo.connection.collection<Sighting>('catena_reconciliation_sightings');
  }
}

function shortened<Texts extends object>(texts: Texts): Texts {
  return Object.fromEntries(
    Object.entries(texts).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'string' ? value.slice(0, maxText) : value,
    ]),
  ) as Texts;
}
