import { Injectable } from '@nestjs/common';
import type { ResourceShape } from '../domain/field-query.js';
import { Catalogue, type CollectionName } from '../persistence/catalogue.js';
import { facetAnswer, facetRowsOf, facetsOf, type FacetAnswer } from '../persistence/facets.js';
import { RecordIndex } from './record-index.js';
import { RemovedRecords } from './removed-records.js';
import { withoutWords } from './searched-words.js';

type Stored = { readonly _id: string };

/** A page of records, as the database is asked for it. */
export interface SortedRows {
  readonly condition: Record<string, unknown>;
  readonly projection: Record<string, 0 | 1>;
  readonly sort: Record<string, 1 | -1>;
  readonly skip: number;
  readonly limit: number;
}

/** Rows of a page that is looked up in memory; more are left to the database. */
const maxRows = 1000;
/** Looks at a page whose rows change while they are read. */
const maxLooks = 3;

/** Lists and counts of records: from memory where it can tell, and from the database where it cannot. */
@Injectable()
export class IndexedQueries {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly index: RecordIndex,
    private readonly removed: RemovedRecords,
  ) {}

  /** Before a record is removed. */
  announceRemoval(collection: CollectionName, id: string): Promise<void> {
    return this.removed.announce(collection, id);
  }

  /**
   * The index says which records are on the page; the database gives them, under the same condition: what was hidden from the
   * caller meanwhile is not shown. Words are not looked for twice: a page is of those that had them when it was asked for.
   */
  async list<R extends Stored>(collection: CollectionName, rows: SortedRows): Promise<R[]> {
    const { condition, projection, sort, skip, limit } = rows;
    const records = this.catalogue.records(collection);
    const isIdHidden = projection['_id'] === 0;
    const { _id, ...withId } = projection;
    for (let look = 0; look < maxLooks && limit <= maxRows && !namesIds(condition); look += 1) {
      const ids = await this.index.page(collection, condition, { sort, skip, limit });
      if (ids === undefined) break;
      if (ids.length === 0) return [];
      const found = (await records
        .find(
          { $and: [{ _id: { $in: [...ids] } }, withoutWords(condition)] },
          { projection: isIdHidden ? withId : projection },
        )
        .toArray()) as unknown as R[];
      const byId = new Map(found.map((record) => [record._id, record]));
      const page = ids.flatMap((id) => byId.get(id) ?? []);
      if (page.length < ids.length) continue;
      if (isIdHidden) for (const record of page) Reflect.deleteProperty(record, '_id');
      return page;
    }
    return records
      .find(condition, { projection })
      .sort(sort)
      .skip(skip)
      .limit(limit)
      .toArray() as unknown as Promise<R[]>;
  }

  async count(collection: CollectionName, condition: Record<string, unknown>): Promise<number> {
    const counted = namesIds(condition) ? undefined : await this.index.count(collection, condition);
    return counted?.total ?? this.catalogue.records(collection).countDocuments(condition);
  }

  async facets(
    collection: CollectionName,
    condition: Record<string, unknown>,
    facets: readonly string[],
    shape: ResourceShape,
  ): Promise<FacetAnswer> {
    const records = this.catalogue.records(collection);
    const counted = await this.index.count(collection, condition, facets, shape);
    if (counted === undefined) return facetsOf(records, condition, facets, shape);
    const others = facets.filter((facet) => counted.rows[facet] === undefined);
    const rows = { ...counted.rows, ...(await facetRowsOf(records, condition, others, shape)) };
    return facetAnswer(counted.total, Object.fromEntries(facets.map((facet) => [facet, rows[facet] ?? []])));
  }
}

/** Single records are found by the database at once. */
function namesIds(condition: Record<string, unknown>): boolean {
  return '_id' in condition || 'pid' in condition || 'id' in condition;
}
