import type { Caller } from '../domain/access.js';
import { parseLimits } from '../domain/field-query.js';
import { parseJsonObject } from '../domain/filter-parts.js';
import { metadataPaths } from '../domain/metadata-paths.js';
import type { DatasetQueries } from './dataset-queries.js';
import { datasetShape } from './dataset-shape.js';

/**
 * Dotted paths of the scientific metadata of the newest datasets the caller may search, down to values with a unit.
 *
 * @param asked which datasets, and which page of them: no more than the bounds allow
 * @param bounds records looked at, and paths answered
 */
export async function datasetKeys(
  queries: DatasetQueries,
  caller: Caller | undefined,
  asked: { readonly fields: unknown; readonly limits: unknown },
  bounds: { readonly records: number; readonly paths: number },
  more: Record<string, unknown> = {},
): Promise<string[]> {
  const { metadataKey, ...fields } = parseJsonObject(asked.fields, 'fields');
  const { limit, skip, sort } = parseLimits(asked.limits, datasetShape, bounds.records);
  const page = { limit: Math.min(limit || bounds.records, bounds.records), skip, sort };
  const records = await queries.metadataOf(caller, JSON.stringify(fields), page, more);
  return metadataPaths(
    records.map(({ scientificMetadata }) => scientificMetadata),
    { containing: typeof metadataKey === 'string' ? metadataKey : undefined, limit: bounds.paths },
  );
}
