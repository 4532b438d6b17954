import { aggregate, find, updateMany, updateOne } from 'mingo';
import type { Collection } from 'mongoose';

type Stored = Record<string, unknown>;
type Change = Record<string, Record<string, unknown>>;

interface Look {
  readonly projection?: Record<string, 0 | 1>;
  readonly sort?: Record<string, 1 | -1>;
  readonly limit?: number;
}

interface Write {
  readonly upsert?: boolean;
  readonly sort?: Record<string, 1 | -1>;
  readonly projection?: Record<string, 0 | 1>;
  readonly returnDocument?: 'before' | 'after';
  readonly arrayFilters?: Record<string, unknown>[];
}

interface Changed {
  readonly matchedCount: number;
  readonly modifiedCount: number;
}

interface Operation {
  readonly updateOne: { readonly filter: object; readonly update: object } & Write;
}

export interface MemoryOptions {
  /** Fields that no two documents have in common that have them all. */
  readonly unique?: readonly (readonly string[])[];
  /** Other collections, by the names under which `$lookup` asks for them. */
  readonly beside?: (name: string) => object;
}

/** What a query finds, looked for when the answer is read. */
class Rows {
  constructor(
    private readonly look: (how: Look) => Stored[],
    private readonly how: Look = {},
  ) {}

  sort(sort: Record<string, 1 | -1>): Rows {
    return new Rows(this.look, { ...this.how, sort });
  }

  limit(limit: number): Rows {
    return new Rows(this.look, { ...this.how, limit });
  }

  async toArray(): Promise<Stored[]> {
    return Promise.resolve(this.look(this.how));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Stored> {
    yield* await this.toArray();
  }
}

/**
 * The part of a collection that Catena's adapters use; MongoDB's language is mingo's part. Nothing is awaited between the look
 * and the write of one call: as in MongoDB no other writer comes between.
 */
class MemoryCollection {
  private readonly documents: Stored[] = [];

  constructor(private readonly options: MemoryOptions) {}

  find(filter: object = {}, first: Look = {}): Rows {
    return new Rows((how) => this.look(filter, { ...first, ...how }));
  }

  findOne(filter: object, how: Look = {}): Promise<Stored | null> {
    return this.at(() => this.look(filter, { ...how, limit: 1 })[0] ?? null);
  }

  countDocuments(filter: object = {}): Promise<number> {
    return this.at(() => this.look(filter).length);
  }

  /** Of a list each item; of a document without the field nothing. */
  distinct(field: string, filter: object = {}): Promise<unknown[]> {
    return this.at(() => [
      ...new Set(this.look(filter).flatMap((row) => (row[field] === undefined ? [] : row[field]))),
    ]);
  }

  aggregate(stages: Record<string, unknown>[]): Rows {
    const collectionResolver = (name: string): Stored[] =>
      (this.options.beside?.(name) as MemoryCollection | undefined)?.documents ?? [];
    return new Rows(() => structuredClone(aggregate(this.documents, stages, { collectionResolver })));
  }

  insertOne(document: Stored): Promise<void> {
    return this.at(() => this.insert(document));
  }

  insertMany(documents: Stored[]): Promise<void> {
    return this.at(() => documents.forEach((document) => this.insert(document)));
  }

  updateOne(filter: object, change: object, how: Write = {}): Promise<Changed> {
    return this.at(() => this.change(filter, change, how));
  }

  updateMany(filter: object, change: object): Promise<Changed> {
    return this.at(() => updateMany(this.documents, { ...filter }, structuredClone(change) as Change));
  }

  findOneAndUpdate(filter: object, change: object, how: Write = {}): Promise<Stored | null> {
    return this.at(() => {
      const { sort, projection, returnDocument = 'before', upsert = false } = how;
      const before = this.look(filter, { sort, limit: 1 })[0];
      if (before === undefined && !upsert) return null;
      this.change(before === undefined ? filter : { _id: before['_id'] }, change, how);
      const _id = before?.['_id'] ?? equalities(filter)['_id'];
      if (returnDocument === 'after') return this.look({ _id }, { projection })[0] ?? null;
      return before === undefined ? null : find([before], {}, projection ?? {}).next();
    });
  }

  findOneAndDelete(filter: object, { projection }: Look = {}): Promise<Stored | null> {
    return this.at(() => {
      const [gone] = this.look(filter, { limit: 1 });
      if (gone === undefined) return null;
      this.remove([gone]);
      return find([gone], {}, projection ?? {}).next();
    });
  }

  replaceOne(filter: object, document: Stored, { upsert = false }: Write = {}): Promise<void> {
    return this.at(() => {
      const before = this.look(filter, { limit: 1 })[0];
      if (before === undefined && !upsert) return;
      const _id = before?.['_id'] ?? equalities(filter)['_id'];
      if (before !== undefined) this.remove([before]);
      this.insert({ _id, ...document });
    });
  }

  bulkWrite(operations: Operation[]): Promise<void> {
    return this.at(() => {
      for (const { updateOne: one } of operations) this.change(one.filter, one.update, one);
    });
  }

  deleteOne(filter: object): Promise<{ deletedCount: number }> {
    return this.at(() => this.remove(this.look(filter, { limit: 1 })));
  }

  deleteMany(filter: object): Promise<{ deletedCount: number }> {
    return this.at(() => this.remove(this.look(filter)));
  }

  /** One call is one moment, and its answer comes later, as over a wire. */
  private async at<Answer>(act: () => Answer): Promise<Answer> {
    const answer = act();
    await Promise.resolve();
    return answer;
  }

  private look(filter: object, { projection, sort, limit }: Look = {}): Stored[] {
    const found = find(this.among(filter), { ...filter }, projection ?? {});
    if (sort !== undefined) found.sort(sort);
    if (limit !== undefined) found.limit(limit);
    return structuredClone(found.all());
  }

  /** The index of ids: with thousands of documents a query costs too much to be asked of each. */
  private among(filter: object): Stored[] {
    const { _id } = filter as Stored;
    return typeof _id === 'string' ? this.documents.filter((one) => one['_id'] === _id) : this.documents;
  }

  private change(filter: object, change: object, { upsert = false, arrayFilters }: Write): Changed {
    const { $setOnInsert = {}, ...changes } = structuredClone(change) as Change;
    const found = updateOne(this.among(filter), { ...filter }, changes, { arrayFilters });
    if (found.matchedCount > 0 || !upsert) return found;
    const fresh = { ...equalities(filter), ...$setOnInsert };
    updateOne([fresh], {}, changes);
    this.insert(fresh);
    return { matchedCount: 0, modifiedCount: 0 };
  }

  private insert(document: Stored): void {
    const { _id } = document;
    const isTaken = [['_id'], ...(this.options.unique ?? [])].some((fields) => {
      const same = fields.map((field) => ({ [field]: valueAt(document, field) }));
      return (
        same.every((one) => !Object.values(one).includes(undefined)) && this.look({ $and: same }).length > 0
      );
    });
    if (isTaken)
      throw Object.assign(new Error(`Expected no document ${String(_id)}, found one.`), { code: 11000 });
    this.documents.push(structuredClone(document));
  }

  private remove(gone: Stored[]): { deletedCount: number } {
    for (const { _id } of gone) {
      const at = this.documents.findIndex((document) => document['_id'] === _id);
      if (at >= 0) this.documents.splice(at, 1);
    }
    return { deletedCount: gone.length };
  }
}

function valueAt(document: Stored, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, name) => (inner as Stored | null | undefined)?.[name], document);
}

/** What an upsert takes over from its filter: fields that must be equal to a value. */
function equalities(filter: object): Stored {
  return Object.fromEntries(
    Object.entries(filter).filter(
      ([key, value]) =>
        !key.startsWith('$') &&
        !(value?.constructor === Object && Object.keys(value as object).some((name) => name.startsWith('$'))),
    ),
  );
}

/**
 * A collection in memory, for the twins of aggregates: the adapter that is proven against the database runs on it in unit
 * specs. One write is one moment, as in MongoDB; it knows no index but the one of ids, and
 * those it is told of.
 */
export function memoryCollection<Document extends object>(options: MemoryOptions = {}): Collection<Document> {
  return new MemoryCollection(options) as unknown as Collection<Document>;
}
