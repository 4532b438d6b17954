import { Injectable } from '@nestjs/common';
import { Clock, PermanentError, TransientError } from '#kernel';
import type { StorageGate, StorageUse } from '#long-term-storage';
import { changedMeanwhile } from '#operations';
import { isDuplicateKey } from '#persistence';
import { TargetNames } from '../domain/target-names.js';
import { ArchiverStore } from './archiver-store.js';
import type { ShareMode, ShareSteering } from './records.js';

/** Milliseconds after which work that met a closed share looks again. */
const lookAgainIn = 30_000;
/** Audit entries that a record remembers. */
const maxEntries = 20;

/** What an operator says of a share, or a worker. */
export type ModeWord = Pick<ShareSteering, 'by' | 'reason' | 'until'> & {
  /** The audit entry of it. */
  readonly entry?: string;
  /** Since when what stands was in force, as its author saw it: the word of another is changed only by who has seen it. */
  readonly seen?: Date;
};

/**
 * What operators said of shares: they are kept in the database, and every archiver asks before each step on a share. A step
 * that has begun ends; the next one waits. What is said of workers is kept in the same way.
 */
@Injectable()
export class ShareModes implements StorageGate {
  constructor(
    private readonly store: ArchiverStore,
    private readonly clock: Clock,
    private readonly names: TargetNames = new TargetNames(),
  ) {}

  /** @throws TransientError `archiver.share-paused` */
  async assertOpen(name: string, use: StorageUse): Promise<void> {
    const found = await this.of(name);
    if (found === undefined || (found.mode === 'drain' && use !== 'write')) return;
    const { mode, by, reason, until } = found;
    const end = until === undefined ? 'until an operator has it run again' : `until ${until.toISOString()}`;
    throw new TransientError(
      'archiver.share-paused',
      `Expected ${name} to be open for ${use === 'write' ? 'writing' : 'reading'}, found it in mode ${mode} by ${by}, ${end}: ${reason}`,
      { away: true, details: { storage: name, mode, lookAgainIn } },
    );
  }

  /** Undefined: it runs. */
  async of(name: string): Promise<ShareSteering | undefined> {
    return this.inForce(await this.said(name));
  }

  /**
   * What was said in between is not painted over, and what another operator said is changed by who has `seen` it only: who did, when
   * and why, is named. `run` too is kept with who said it; without `seen` it ends what anybody said.
   *
   * @returns what was in force before
   * @throws PermanentError `operations.changed-meanwhile`
   */
  async set(_id: string, mode: ShareMode, word: ModeWord): Promise<ShareSteering | undefined> {
    const { by, reason, until, entry, seen } = word;
    const said = await this.said(_id);
    const before = this.inForce(said);
    const isOfAnother = before !== undefined && before.by !== by;
    if (seen === undefined ? isOfAnother && mode !== 'run' : seen.getTime() !== before?.since.getTime())
      throw overtaken(_id, mode, before);
    const own = said?._id === _id ? said : undefined;
    const asSeen =
      own === undefined
        ? { since: { $exists: false } }
        : { mode: own.mode, since: own.since, entries: own.entries ?? { $exists: false } };
    try {
      const { matchedCount } = await this.store.steering.updateOne(
        { _id, ...asSeen },
        {
          $set: { mode, by, reason, since: this.clock.now(), ...(until === undefined ? {} : { until }) },
          ...(until === undefined ? { $unset: { until: '' } } : {}),
          ...(entry === undefined ? {} : { $push: { entries: { $each: [entry], $slice: -maxEntries } } }),
        },
        { upsert: own === undefined },
      );
      if (own === undefined || matchedCount > 0) return before;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    throw overtaken(_id, mode, await this.said(_id));
  }

  /** What an operator said under this audit entry, whatever was said since. */
  async saidUnder(_id: string, entry: string): Promise<ShareSteering | undefined> {
    return (await this.store.steering.findOne({ _id, entries: entry })) ?? undefined;
  }

  /** Of many at once, by the names that are asked for; those that run are missing. */
  async inForceOf(names: readonly string[]): Promise<ReadonlyMap<string, ShareSteering>> {
    if (names.length === 0) return new Map();
    const written = names.flatMap((name) => this.names.writtenAs(name));
    const said = await this.store.steering.find({ _id: { $in: written } }).toArray();
    const found = new Map<string, ShareSteering>();
    for (const name of names) {
      const ids = this.names.writtenAs(name);
      const word = said.find(({ _id }) => _id === name) ?? said.find(({ _id }) => ids.includes(_id));
      const inForce = this.inForce(word);
      if (inForce !== undefined) found.set(name, inForce);
    }
    return found;
  }

  private async said(name: string): Promise<ShareSteering | undefined> {
    const said = await this.store.steering.find({ _id: { $in: this.names.writtenAs(name) } }).toArray();
    // What was said of it under a name of before holds until something is said under this one.
    return said.find(({ _id }) => _id === name) ?? said[0];
  }

  private inForce(found: ShareSteering | undefined): ShareSteering | undefined {
    if (found === undefined || found.mode === 'run') return undefined;
    return found.until !== undefined && found.until <= this.clock.now() ? undefined : found;
  }
}

function overtaken(name: string, wanted: ShareMode, found: ShareSteering | undefined): PermanentError {
  const what =
    found === undefined
      ? 'that it changed meanwhile'
      : `mode ${found.mode} by ${found.by} since ${found.since.toISOString()}: ${found.reason}`;
  return new PermanentError(
    changedMeanwhile,
    `Expected ${name} as you saw it, to have it ${wanted}, found ${what}. Look at it, and say again what you still want, with seen: the time since which it has been so.`,
    { details: { name, wanted } },
  );
}
