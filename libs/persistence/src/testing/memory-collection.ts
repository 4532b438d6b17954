import { aggregate, find, Query, updateMany } from 'mingo';
import * as updateOperators from 'mingo/operators/update';
import { mongo, type Collection } from 'mongoose';
import { plainMatch } from './plain-match.js';
import { projectedPlainly, sortedPlainly } from './plain-rows.js';

type Stored = Record<string, unknown>;
type Change = Record<string, Record<string, unknown>>;

interface Look {
  readonly projection?: Record<string, 0 | 1>;
  readonly sort?: Record<string, 1 | -1>;
  readonly skip?: number;
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

const nothing: Changed = { matchedCount: 0, modifiedCount: 0 };

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

  skip(skip: number): Rows {
    return new Rows(this.look, { ...this.how, skip });
  }

  async toArray(): Promise<Stored[]> {
    const { skip = 0, limit, ...how } = this.how;
    // A limit of none is no limit.
    const most = limit === undefined || limit === 0 ? {} : { limit: skip + limit };
    return Promise.resolve(this.look({ ...how, ...most }).slice(skip));
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
  readonly documents: Stored[] = [];

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

  estimatedDocumentCount(): Promise<number> {
    return this.at(() => this.documents.length);
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

  /** Each that is taken fails alone. */
  insertMany(documents: Stored[]): Promise<void> {
    return this.at(() => {
      const writeErrors = documents.flatMap((document, index) => {
        try {
          this.insert(document);
          return [];
        } catch (error) {
          const { message, code } = error as { message: string; code: number };
          return [{ index, code, errmsg: message } as mongo.WriteError];
        }
      });
      if (writeErrors.length === 0) return;
      const told = { getWriteConcernError: () => undefined } as mongo.BulkWriteResult;
      throw new mongo.MongoBulkWriteError({ message: 'E11000', code: 11000, writeErrors }, told);
    });
  }

  updateOne(filter: object, change: object, how: Write = {}): Promise<Changed> {
    return this.at(() => this.change(filter, change, how));
  }

  updateMany(filter: object, change: object): Promise<Changed> {
    return this.at(() =>
      changed(this.matching(filter), { filter, changes: structuredClone(change) as Change }),
    );
  }

  findOneAndUpdate(filter: object, change: object, how: Write = {}): Promise<Stored | null> {
    return this.at(() => {
      const { sort, projection, returnDocument = 'before', upsert = false } = how;
      const before = this.look(filter, { sort, limit: 1 })[0];
      if (before === undefined && !upsert) return null;
      this.change(before === undefined ? filter : { _id: before['_id'] }, change, how);
      const _id = before?.['_id'] ?? equalities(filter)['_id'];
      if (returnDocument === 'after') return this.look({ _id }, { projection })[0] ?? null;
      return before === undefined ? null : projectedOne(before, projection);
    });
  }

  findOneAndDelete(filter: object, { projection }: Look = {}): Promise<Stored | null> {
    return this.at(() => {
      const [gone] = this.look(filter, { limit: 1 });
      if (gone === undefined) return null;
      this.remove([gone]);
      return projectedOne(gone, projection);
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

  bulkWrite(operations: Operation[]): Promise<Changed> {
    return this.at(() => {
      const all = operations.map(({ updateOne: one }) => this.change(one.filter, one.update, one));
      const sum = (count: keyof Changed): number => all.reduce((total, one) => total + one[count], 0);
      return { matchedCount: sum('matchedCount'), modifiedCount: sum('modifiedCount') };
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
    const among = this.matching(filter);
    if (among.length === 0) return [];
    if (projection === undefined && sort === undefined)
      return structuredClone(limit === undefined ? among : among.slice(0, limit));
    const sorted = sort === undefined ? among : sortedPlainly(among, sort);
    if (sorted !== undefined) {
      const first = limit === undefined ? sorted : sorted.slice(0, limit);
      const projected = projection === undefined ? first : projectedAll(first, projection);
      if (projected !== undefined) return projection === undefined ? structuredClone(projected) : projected;
    }
    const found = find(among, {}, projection ?? {});
    if (sort !== undefined) found.sort(sort);
    if (limit !== undefined) found.limit(limit);
    return structuredClone(found.all());
  }

  private matching(filter: object): Stored[] {
    let query: Query | undefined;
    return this.documents.filter((document) => {
      const matches = plainMatch(document, filter as Stored);
      if (matches !== undefined) return matches;
      query ??= new Query({ ...filter });
      return query.test(document);
    });
  }

  private change(filter: object, change: object, { upsert = false, arrayFilters, sort }: Write): Changed {
    const { $setOnInsert = {}, ...changes } = structuredClone(change) as Change;
    const among = this.matching(filter);
    if (among.length > 0) {
      const [first] =
        sort === undefined ? among : (sortedPlainly(among, sort) ?? find(among, {}).sort(sort).all());
      return changed([first as Stored], { filter, changes, arrayFilters });
    }
    if (!upsert) return nothing;
    const fresh = { ...equalities(filter), ...$setOnInsert };
    changed([fresh], { filter: {}, changes });
    this.insert(fresh);
    return { matchedCount: 0, modifiedCount: 0 };
  }

  private insert(document: Stored): void {
    const { _id } = document;
    const isTaken = [['_id'], ...(this.options.unique ?? [])].some((fields) => {
      const same = fields.map((field) => [field, valueAt(document, field)] as const);
      return same.every(([, value]) => value !== undefined) && this.look(Object.fromEntries(same)).length > 0;
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

const operators = updateOperators as unknown as Readonly<
  Record<string, ((change: object, arrayFilters?: object[]) => (document: Stored) => string[]) | undefined>
>;

function projectedAll(documents: readonly Stored[], projection: Record<string, 0 | 1>): Stored[] | undefined {
  const projected: Stored[] = [];
  for (const document of documents) {
    const one = projectedPlainly(document, projection);
    if (one === undefined) return undefined;
    projected.push(one);
  }
  return projected;
}

function projectedOne(document: Stored, projection: Record<string, 0 | 1> = {}): Stored | null {
  return projectedPlainly(document, projection) ?? find([document], {}, projection).next();
}

/** mingo's operators one by one; what depends on the filter, a position in a list, is left to mingo as a whole. */
function changed(
  documents: Stored[],
  {
    filter,
    changes,
    arrayFilters,
  }: { filter: object; changes: Change; arrayFilters?: Record<string, unknown>[] | undefined },
): Changed {
  if (documents.length === 0) return nothing;
  const isPositional = Object.values(changes).some((one) =>
    Object.keys(one).some((path) => /\.\$(\.|$)/.test(path)),
  );
  if (isPositional || Array.isArray(changes))
    return updateMany(documents, { ...filter }, changes, { arrayFilters });
  let modifiedCount = 0;
  for (const document of documents) {
    const fields = Object.entries(changes).flatMap(([operator, change]) => {
      const apply = operators[operator];
      if (apply === undefined)
        throw new Error(`Expected an operator that changes documents, found ${operator}.`);
      return apply(change, arrayFilters)(document);
    });
    if (fields.length > 0) modifiedCount += 1;
  }
  return { matchedCount: documents.length, modifiedCount };
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

/** The documents themselves, as they are at this moment: for judges, who change none. */
export function documentsIn(collection: object): readonly Readonly<Record<string, unknown>>[] {
  return (collection as MemoryCollection).documents;
}
