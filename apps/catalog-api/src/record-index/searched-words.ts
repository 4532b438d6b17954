import { AgedMap, type Clock } from '#kernel';
import type { Catalogue } from '../persistence/catalogue.js';

type Condition = Readonly<Record<string, unknown>>;

/** Records that a search for words may find, so that the others of its conditions are answered from memory. */
const maxFound = 5000;
/** Milliseconds for which words that stand in more records are not looked for again. */
const freshness = 60_000;
const maxRemembered = 1000;

/** Words that the database finds in few records: what is found is a list of ids, which a table can tell of. */
export class SearchedWords {
  /** Searches that find more. */
  private readonly common: AgedMap<true>;

  constructor(
    private readonly records: () => ReturnType<Catalogue['records']>,
    clock: Clock,
  ) {
    this.common = new AgedMap(maxRemembered, freshness, clock);
  }

  /** The condition, with ids in place of words where few records have them. */
  async resolved(condition: Condition): Promise<Condition> {
    if ('$text' in condition) return this.withIds(condition);
    const { $and: parts, ...others } = condition;
    if (!Array.isArray(parts)) return condition;
    // The condition of a search stands beside that of the rights.
    const resolved = await Promise.all((parts as Condition[]).map((part) => this.resolved(part)));
    return { ...others, $and: resolved };
  }

  private async withIds(condition: Condition): Promise<Condition> {
    const { $text: text, ...others } = condition;
    const { $search: search } = text as { $search?: unknown };
    if (typeof search !== 'string' || this.common.get(search) !== undefined) return condition;
    const found = await this.records()
      .find({ $text: { $search: search } }, { projection: { _id: 1 } })
      .limit(maxFound + 1)
      .toArray();
    if (found.length > maxFound) {
      this.common.set(search, true);
      return condition;
    }
    const ids = { _id: { $in: found.map(({ _id }) => _id) } };
    return Object.keys(others).length === 0 ? ids : { $and: [ids, others] };
  }
}
