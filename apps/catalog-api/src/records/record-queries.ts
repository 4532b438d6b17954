import { Injectable } from '@nestjs/common';
import { both, type Condition } from '../domain/access.js';
import type { ResourceShape } from '../domain/field-query.js';
import { Catalogue, type CollectionName } from '../persistence/catalogue.js';
import { inOrder } from '../persistence/insertion-order.js';
import { withoutOwnFields } from '../persistence/own-fields.js';
import { facetsOf, type FacetAnswer } from '../persistence/facets.js';
import type { StoredRecord } from './record-store.js';

/** A condition of the client and the one of the access rules: both must hold. */
export interface Selection {
  readonly where?: Readonly<Record<string, unknown>> | undefined;
  readonly visible: Condition;
}

export interface Page {
  readonly limit: number;
  readonly skip?: number;
  readonly sort?: Readonly<Record<string, 1 | -1>> | undefined;
  readonly projection?: Readonly<Record<string, 0 | 1>> | undefined;
}

/** The one way SciCat's records are read: the access rule is part of every query. */
@Injectable()
export class RecordQueries {
  constructor(private readonly catalogue: Catalogue) {}

  list<R extends StoredRecord>(
    collection: CollectionName,
    { where, visible }: Selection,
    { limit, skip = 0, sort, projection }: Page,
  ): Promise<R[]> {
    return this.catalogue
      .records(collection)
      .find(both(where, visible), { projection: withoutOwnFields(projection) })
      .sort(inOrder(sort))
      .skip(skip)
      .limit(limit)
      .toArray() as unknown as Promise<R[]>;
  }

  count(collection: CollectionName, { where, visible }: Selection): Promise<number> {
    return this.catalogue.records(collection).countDocuments(both(where, visible));
  }

  facets(
    collection: CollectionName,
    { where, visible }: Selection,
    facets: readonly string[],
    shape: ResourceShape,
  ): Promise<FacetAnswer> {
    const records = this.catalogue.records(collection);
    return facetsOf(records, both(where, visible), facets, shape);
  }

  /** One record for any caller: whoever calls this method asks the access rules. */
  async find<R extends StoredRecord>(collection: CollectionName, id: string): Promise<R | undefined> {
    return (await this.catalogue.shown(collection, id)) as R | undefined;
  }
}
