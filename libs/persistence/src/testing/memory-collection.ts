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

interface Operation {
  readonly updateOne: { readonly filter: object; readonly update: object } & Write;
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

/** The part of a collection that Catena's adapters use; MongoDB's language is mingo's part. */
class MemoryCollection {
  private readonly documents: Stored[] = [];

  find(filter: object = {}, first: Look = {}): Rows {
    return new Rows((how) => {
      const { projection, sort, limit } = { ...first, ...how };
      const found = find(this.documents, { ...filter }, projection ?? {});
      if (sort !== undefined) found.sort(sort);
      if (limit !== undefined) found.limit(limit);
      return structuredClone(found.all());
    });
  }

  async findOne(filter: object, look: Look = {}): Promise<Stored | null> {
    return (await this.find(filter, look).limit(1).toArray())[0] ?? null;
  }

  async countDocuments(filter: object = {}): Promise<number> {
    return (await this.find(filter).toArray()).length;
  }

  async distinct(field: string, filter: object): Promise<unknown[]> {
    return [...new Set((await this.find(filter).toArray()).map((row) => row[field]))];
  }

  aggregate(stages: Record<string, unknown>[]): Rows {
    return new Rows(() => structuredClone(aggregate(this.documents, stages)));
  }

  async insertOne(document: Stored): Promise<void> {
    this.refuseSecond(document);
    this.documents.push(structuredClone(document));
    return Promise.resolve();
  }

  async insertMany(documents: Stored[]): Promise<void> {
    for (const document of documents) await this.insertOne(document);
  }

  async updateOne(
    filter: object,
    change: object,
    { upsert = false, arrayFilters }: Write = {},
  ): Promise<{ matchedCount: number; modifiedCount: number }> {
    const { $setOnInsert = {}, ...changes } = structuredClone(change) as Change;
    const found = updateOne(this.documents, { ...filter }, changes, { arrayFilters });
    if (found.matchedCount > 0 || !upsert) return found;
    const fresh = { ...equalities(filter), ...$setOnInsert };
    updateOne([fresh], {}, changes);
    await this.insertOne(fresh);
    return { matchedCount: 0, modifiedCount: 0 };
  }

  async updateMany(filter: object, change: object): Promise<{ matchedCount: number; modifiedCount: number }> {
    return Promise.resolve(updateMany(this.documents, { ...filter }, structuredClone(change) as Change));
  }

  async findOneAndUpdate(filter: object, change: object, how: Write = {}): Promise<Stored | null> {
    const { sort, projection, returnDocument = 'before', upsert = false } = how;
    const before = await this.findOne(filter, { sort });
    if (before === null && !upsert) return null;
    await this.updateOne(before === null ? filter : { _id: before['_id'] }, change, { upsert });
    const _id = before?.['_id'] ?? equalities(filter)['_id'];
    if (returnDocument === 'after') return this.findOne({ _id }, { projection });
    return before === null ? null : find([before], {}, projection ?? {}).next();
  }

  async replaceOne(filter: object, document: Stored, { upsert = false }: Write = {}): Promise<void> {
    const before = await this.findOne(filter);
    if (before === null && !upsert) return;
    const _id = before?.['_id'] ?? equalities(filter)['_id'];
    if (before !== null) await this.deleteOne({ _id });
    await this.insertOne({ _id, ...document });
  }

  async bulkWrite(operations: Operation[]): Promise<void> {
    for (const { updateOne: one } of operations) await this.updateOne(one.filter, one.update, one);
  }

  async deleteOne(filter: object): Promise<{ deletedCount: number }> {
    return this.remove(await this.find(filter).limit(1).toArray());
  }

  async deleteMany(filter: object): Promise<{ deletedCount: number }> {
    return this.remove(await this.find(filter).toArray());
  }

  private remove(gone: Stored[]): { deletedCount: number } {
    for (const { _id } of gone) {
      const at = this.documents.findIndex((document) => document['_id'] === _id);
      if (at >= 0) this.documents.splice(at, 1);
    }
    return { deletedCount: gone.length };
  }

  private refuseSecond({ _id }: Stored): void {
    if (this.documents.some((document) => document['_id'] === _id))
      throw Object.assign(new Error(`Expected no document ${String(_id)}, found one.`), { code: 11000 });
  }
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
 * specs. One write is one moment, as in MongoDB; it knows no index but the one of ids.
 */
export function memoryCollection<Document extends object>(): Collection<Document> {
  return new MemoryCollection() as unknown as Collection<Document>;
}
