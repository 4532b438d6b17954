import { Injectable } from '@nestjs/common';
import { type Caller, both } from '../domain/access.js';
import { parseLimits, textOf } from '../domain/field-query.js';
import { parseJsonObject } from '../domain/filter-parts.js';
import { MetadataNames } from '../metadata-keys/metadata-names.js';
import { DatasetQueries } from './dataset-queries.js';
import { datasetShape } from './dataset-shape.js';

/** `metadataKeys` of datasets: dotted paths of the scientific metadata, down to values with a unit. */
@Injectable()
export class DatasetKeys {
  constructor(
    private readonly queries: DatasetQueries,
    private readonly names: MetadataNames,
  ) {}

  /**
   * @param asked which datasets, and which page of them; all where there is no page
   * @param more a condition beside those of the caller
   */
  async of(
    caller: Caller | undefined,
    asked: { readonly fields: unknown; readonly limits: unknown },
    more: Record<string, unknown> = {},
  ): Promise<string[]> {
    const { metadataKey, ...fields } = parseJsonObject(asked.fields, 'fields');
    const condition = both(this.queries.searched(caller, JSON.stringify(fields)), more);
    const page = isPage(asked.limits) ? parseLimits(asked.limits, datasetShape) : undefined;
    return this.names.of(
      'Dataset',
      { condition, page },
      { containing: typeof metadataKey === 'string' ? metadataKey : undefined },
    );
  }
}

/** Limits that name nothing are none. */
function isPage(limits: unknown): boolean {
  const { limit, skip, order } = parseJsonObject(textOf(limits), 'limits');
  return [limit, skip, order].some((value) => value !== undefined && value !== null && value !== 0);
}
