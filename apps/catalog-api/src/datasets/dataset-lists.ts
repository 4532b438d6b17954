import { Injectable } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import type { Rule } from '../domain/access-table.js';
import type { Include } from '../domain/loopback-filter.js';
import { alsoReading, hide } from '../domain/projection.js';
import type { RelatedFields } from '../domain/v4-filter.js';
import type { DatasetRecord } from '../persistence/records.js';
import { DatasetIncludes, joinFields } from './dataset-includes.js';
import { DatasetQueries, type ListQuery } from './dataset-queries.js';

export interface WholeQuery extends ListQuery {
  readonly include: readonly (string | Include)[];
  readonly related?: RelatedFields;
}

/** Reads datasets with what belongs to them. */
@Injectable()
export class DatasetLists {
  constructor(
    private readonly queries: DatasetQueries,
    private readonly includes: DatasetIncludes,
  ) {}

  /** Which fields of the datasets are shown does not decide which related records are found. */
  async list(caller: Caller | undefined, query: WholeQuery, rule?: Rule): Promise<DatasetRecord[]> {
    const { include, related = {} } = query;
    const { projection, hidden } = alsoReading(query.projection, joinFields(include));
    const datasets = await this.queries.list(caller, { ...query, projection }, rule);
    await this.includes.add(caller, datasets, include, { related });
    hide(datasets, hidden);
    return datasets;
  }
}
