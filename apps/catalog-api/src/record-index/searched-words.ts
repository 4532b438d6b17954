import { AgedMap, type Clock, wait } from '#kernel';
import type { Catalogue } from '../persistence/catalogue.js';
import { foundRecords, FoundRecords } from './found-records.js';
import type { BitSet } from './bit-set.js';
import type { RecordTable } from './record-table.js';

type Condition = Readonly<Record<string, unknown>>;

/** Words, or searches of several, that are kept; each is a bit for each record. */
const maxSearches = 50;
/** Milliseconds for which one is kept that nobody asks for. */
const lifetime = 600_000;
/** Records that were changed since a search was asked for last: more are not looked through again one by one. */
const maxChanged = 2000;
/** Milliseconds that a question waits for the first answer to its search. Then the database answers the whole question. */
export const patience = 2000;
/** Milliseconds that the database may take for all that a search finds. */
const maxTime = 60_000;
/** Records that any number of searches may find at one time. */
const maxFew = 5000;
/** Ids in one answer of the database. */
const batchSize = 10_000;
/** Words of a search that are looked for one by one: a record is found by any of them. */
const maxWords = 10;
/** What every way of telling words apart takes for one word. */
const plainWord = /^[\p{L}\p{N}]+$/u;

/** What a search for words finds. */
interface Found {
  readonly slots: BitSet;
  /** Place in the log of changes: what was changed before it was looked at. */
  readonly upTo: number;
  readonly revision: number;
}

/**
 * Which records the database finds for words. It is asked once for all of them, and afterwards only for those that were changed
 * since: how words match is its own affair.
 */
export class SearchedWords {
  private readonly known: AgedMap<Found>;
  private readonly asked = new Map<string, Promise<Found | undefined>>();
  private revision = 0;
  /** One at a time: each may read the ids of all records. */
  private isReadingMany = false;

  constructor(
    private readonly table: RecordTable,
    private readonly records: () => ReturnType<Catalogue['records']>,
    clock: Clock,
  ) {
    this.known = new AgedMap(maxSearches, lifetime, clock);
  }

  /**
   * The condition, with what was found in place of words where that is known in time.
   *
   * @param until end of the time, of `performance.now()`: who asks twice for one question waits once
   */
  async resolved(condition: Condition, until = performance.now() + patience): Promise<Condition> {
    if ('$text' in condition) return this.withFound(condition, until);
    const { $and: parts, ...others } = condition;
    if (!Array.isArray(parts)) return condition;
    // The condition of a search stands beside that of the rights.
    const resolved = await Promise.all((parts as Condition[]).map((part) => this.resolved(part, until)));
    return { ...others, $and: resolved };
  }

  private async withFound(condition: Condition, until: number): Promise<Condition> {
    const { $text: text, ...others } = condition;
    const { $search: search, ...options } = text as { $search?: unknown };
    if (typeof search !== 'string' || Object.keys(options).length > 0) return condition;
    const stop = new AbortController();
    const parts: (Found | undefined)[] = await Promise.race([
      Promise.all(wordsOf(search).map((word) => this.found(word))),
      wait(Math.max(0, until - performance.now()), stop.signal).then(() => [undefined]),
    ]).finally(() => stop.abort());
    const found = parts.filter((part): part is Found => part !== undefined);
    if (found.length < parts.length) return condition;
    const revisions = found.map(({ revision }) => revision);
    const here = { [foundRecords]: new FoundRecords(this.together(found), search, revisions) };
    return Object.keys(others).length === 0 ? here : { $and: [here, others] };
  }

  /** Who asks for words that are being looked for waits for what comes of that, and looks whether it is new enough. */
  private async found(search: string): Promise<Found | undefined> {
    const from = this.table.changed.end;
    for (;;) {
      const asked = this.asked.get(search);
      if (asked === undefined) break;
      const found = await asked;
      if (found === undefined || found.upTo >= from) return found;
    }
    const asking = this.ask(search).finally(() => this.asked.delete(search));
    this.asked.set(search, asking);
    return asking;
  }

  private async ask(search: string): Promise<Found | undefined> {
    const known = this.known.get(search);
    try {
      const found = (known && (await this.refreshed(search, known))) ?? (await this.foundAnew(search));
      if (found !== undefined) this.known.set(search, found);
      return found;
    } catch {
      // The database is asked the whole question then, and says itself what is wrong with it.
      return undefined;
    }
  }

  /** @returns undefined when too much was changed */
  private async refreshed(search: string, known: Found): Promise<Found | undefined> {
    const upTo = this.table.changed.end;
    const changed = this.table.changed.since(known.upTo);
    if (changed === undefined || changed.size > maxChanged) return undefined;
    if (changed.size === 0) return known;
    const ids = [...changed].map((slot) => this.table.ids.idOf(slot)).filter((id) => id !== '');
    // With so few to come the database begins with the ids: without a limit, with all that have the words.
    const few = { projection: { _id: 1 }, limit: Math.max(1, ids.length) } as const;
    const matching = await this.records()
      .find({ _id: { $in: ids }, $text: { $search: search } }, few)
      .toArray();
    const slots = known.slots.grown(this.table.slots);
    for (const slot of changed) slots.delete(slot);
    for (const row of matching) this.add(row, slots);
    return { slots, upTo, revision: (this.revision += 1) };
  }

  /** @returns undefined when it finds many, and another one that finds many is under way, or when it takes too long */
  private async foundAnew(search: string): Promise<Found | undefined> {
    const upTo = this.table.changed.end;
    let slots = this.table.none();
    let count = 0;
    let isLarge = false;
    const found = this.records().find(
      { $text: { $search: search } },
      { projection: { _id: 1 }, batchSize, maxTimeMS: maxTime, raw: true },
    );
    try {
      for await (const row of found as AsyncIterable<Uint8Array | { readonly _id: string }>) {
        count += 1;
        if (count > maxFew && !isLarge) {
          if (this.isReadingMany) return undefined;
          isLarge = this.isReadingMany = true;
        }
        if (slots.words.length * 32 < this.table.slots) slots = slots.grown(this.table.slots);
        this.add(row, slots);
      }
      return { slots, upTo, revision: (this.revision += 1) };
    } finally {
      if (isLarge) this.isReadingMany = false;
    }
  }

  /** What any of them finds; of one alone its own set, which nobody changes. */
  private together(parts: readonly Found[]): BitSet {
    const [first, ...others] = parts;
    if (first !== undefined && others.length === 0) return first.slots;
    const slots = this.table.none();
    for (const part of parts) slots.or(part.slots);
    return slots;
  }

  /** A record that is not in the table yet has no part in an answer of the table. */
  private add(row: Uint8Array | { readonly _id: string }, slots: BitSet): void {
    const { ids } = this.table;
    const slot = row instanceof Uint8Array ? ids.slotOfRow(row) : ids.slotOf(row._id);
    if (slot !== undefined && slot < slots.words.length * 32) slots.add(slot);
  }
}

/** The words of a search that asks for any of some; one that says more with signs stays one. */
function wordsOf(search: string): readonly string[] {
  const words = [...new Set(search.split(' ').filter((word) => word !== ''))];
  return words.length > 0 && words.length <= maxWords && words.every((word) => plainWord.test(word))
    ? words
    : [search];
}

/** The rest of a condition whose words were looked for already: the database reads the words of each record anew for them. */
export function withoutWords(condition: Condition): Condition {
  const { $text: _, $and: parts, ...others } = condition;
  return Array.isArray(parts) ? { ...others, $and: (parts as Condition[]).map(withoutWords) } : others;
}
