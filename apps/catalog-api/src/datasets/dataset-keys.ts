import type { Caller } from '../domain/access.js';
import { parseJsonObject } from '../domain/loopback-filter.js';
import { decodeMetadataKeys } from '../domain/metadata-keys.js';
import type { DatasetQueries } from './dataset-queries.js';

/** Keys of bookkeeping that some instruments write into metadata; nobody searches for them. */
const uninteresting = [/_date$/, /^runNumber$/, /^Entrych/, /^FMC-PICO/];

/**
 * Dotted paths of the scientific metadata of the newest datasets the caller may search, down to values with a unit.
 *
 * @param bounds records looked at, and keys answered
 */
export async function datasetKeys(
  queries: DatasetQueries,
  caller: Caller | undefined,
  fields: unknown,
  bounds: { readonly records: number; readonly keys: number },
  more: Record<string, unknown> = {},
): Promise<string[]> {
  const { metadataKey, ...others } = parseJsonObject(fields, 'fields');
  const wanted = typeof metadataKey === 'string' ? metadataKey.toLowerCase() : '';
  const found = new Set<string>();
  const records = queries.metadataOf(caller, JSON.stringify(others), bounds.records, more);
  for await (const { scientificMetadata } of records) {
    for (const path of pathsOf(decodeMetadataKeys(scientificMetadata ?? {}))) {
      if (!path.toLowerCase().includes(wanted) || uninteresting.some((pattern) => pattern.test(path)))
        continue;
      found.add(path);
      if (found.size >= bounds.keys) return [...found];
    }
  }
  return [...found];
}

function* pathsOf(metadata: Record<string, unknown>, prefix = ''): Generator<string> {
  for (const [key, value] of Object.entries(metadata)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value) && !('unit' in value);
    if (nested && Object.keys(value).length > 0 && !('value' in value))
      yield* pathsOf(value as Record<string, unknown>, path);
    else yield path;
  }
}
