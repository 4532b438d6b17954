import type { Caller } from '../domain/access.js';
import { parseJsonObject } from '../domain/loopback-filter.js';
import { metadataPaths } from '../domain/metadata-paths.js';
import type { DatasetQueries } from './dataset-queries.js';

/**
 * Dotted paths of the scientific metadata of the newest datasets the caller may search, down to values with a unit.
 *
 * @param bounds records looked at, and paths answered
 */
export async function datasetKeys(
  queries: DatasetQueries,
  caller: Caller | undefined,
  fields: unknown,
  bounds: { readonly records: number; readonly paths: number },
  more: Record<string, unknown> = {},
): Promise<string[]> {
  const { metadataKey, ...others } = parseJsonObject(fields, 'fields');
  const records = await queries.metadataOf(caller, JSON.stringify(others), bounds.records, more);
  return metadataPaths(
    records.map(({ scientificMetadata }) => scientificMetadata),
    { containing: typeof metadataKey === 'string' ? metadataKey : undefined, limit: bounds.paths },
  );
}
