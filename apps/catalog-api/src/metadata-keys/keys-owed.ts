import { Injectable } from '@nestjs/common';
import { Clock, newId, wait } from '#kernel';
import { Catalogue } from '../persistence/catalogue.js';

/** Milliseconds after which a process says again that it owes keys, or that it owes none any more. */
export const renewal = 10_000;
/** Milliseconds for which what it said last is enough for one more dataset. */
const validity = 60_000;
/** Milliseconds after which a process that says nothing more is gone: five times what a living one takes at most. */
const abandoned = 300_000;
/** Milliseconds from the time that a dataset bears to the moment in which its keys are owed: it is stored between. */
const margin = 120_000;
/** Datasets whose keys are being written; the next one waits for its own. */
const maxUnderWay = 2000;
/** Milliseconds that a reader waits for what is being written. */
const patience = 2000;

/** New datasets among which some may have no keys: those of a process that is gone. */
export interface Abandoned {
  readonly _id: string;
  readonly since: Date;
  readonly until: Date;
  readonly seenAt: Date;
}

/**
 * Keys of new datasets, which are written after the answer. A process says in the database that it owes some before it answers for the
 * first of them, and since when; when it is gone, another one writes the keys of the datasets of that time.
 */
@Injectable()
export class KeysOwed {
  private readonly underWay = new Set<{ readonly begun: Date; readonly work: Promise<void> }>();
  /** What this process has said. Each time in which it owes keys has a name of its own: none takes back the word of another. */
  private said: { readonly _id: string; at: Date } | undefined;
  private saying: Promise<void> | undefined;
  private lastAt = new Date(0);

  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
  ) {}

  /** Before a dataset is stored whose keys will be owed. @throws whatever the database says */
  async announce(): Promise<void> {
    this.lastAt = this.clock.now();
    if (!this.isSaid()) await this.say();
  }

  /**
   * Begins to write keys for which nobody waits.
   *
   * @param write takes care of its own faults
   * @throws whatever the database says when it cannot be said that keys are owed: nothing was begun
   */
  async owe(write: () => Promise<void>): Promise<void> {
    await this.announce();
    const entry = { begun: this.lastAt, work: write().finally(() => this.underWay.delete(entry)) };
    this.underWay.add(entry);
    if (this.underWay.size > maxUnderWay) await entry.work;
  }

  /** When the keys that this process owes now are written; readers who come right after a creation find its keys. */
  async settled(): Promise<void> {
    if (this.underWay.size === 0) return;
    const over = new AbortController();
    const all = Promise.allSettled([...this.underWay].map(({ work }) => work));
    await Promise.race([all, wait(patience, over.signal)]);
    over.abort();
  }

  /** Says again that keys are owed, or no more that they are. @param isEnd the process ends: nothing more is owed after this */
  async tend(isEnd = false): Promise<void> {
    const { said } = this;
    if (said === undefined) return;
    const now = this.clock.now();
    const isQuiet = isEnd || now.getTime() - this.lastAt.getTime() >= renewal;
    if (this.underWay.size > 0 || !isQuiet) return this.say();
    // Whoever comes from here on says so anew, under another name.
    this.said = undefined;
    await this.catalogue.keysOwed.deleteOne({ _id: said._id });
  }

  /** What processes that are gone have left. */
  async abandoned(): Promise<Abandoned[]> {
    const before = new Date(this.clock.now().getTime() - abandoned);
    const found = await this.catalogue.keysOwed.find({ seenAt: { $lt: before } }).toArray();
    return found.map(({ _id, since, seenAt }) => {
      return { _id, since, seenAt, until: new Date(seenAt.getTime() + validity + margin) };
    });
  }

  /** Their keys are written. Of a process that has said since that it lives nothing is taken away. */
  async forget({ _id, seenAt }: Abandoned): Promise<void> {
    await this.catalogue.keysOwed.deleteOne({ _id, seenAt });
  }

  private isSaid(): boolean {
    return this.said !== undefined && this.clock.now().getTime() - this.said.at.getTime() < validity;
  }

  private say(): Promise<void> {
    this.saying ??= this.store().finally(() => (this.saying = undefined));
    return this.saying;
  }

  private async store(): Promise<void> {
    const now = this.clock.now();
    const [oldest] = this.underWay;
    const since = new Date((oldest?.begun ?? now).getTime() - margin);
    const said = this.said ?? { _id: newId(), at: now };
    await this.catalogue.keysOwed.updateOne(
      { _id: said._id },
      { $set: { since, seenAt: now } },
      { upsert: true },
    );
    this.said = { _id: said._id, at: now };
  }
}
