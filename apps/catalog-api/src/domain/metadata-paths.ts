import { decodeMetadataKeys } from './metadata-keys.js';

type Fields = Record<string, unknown>;

export interface PathsWanted {
  /** Part of the path, in any case; every path when absent. */
  readonly containing?: string | undefined;
  /** Most paths in the answer. */
  readonly limit: number;
  /** Names that nobody searches for; absent: those of datasets. */
  readonly hidden?: readonly RegExp[];
}

/** Bookkeeping of beamlines. */
const hiddenOfDatasets = [/_date$/, /^runNumber$/, /^Entrych/, /^FMC-PICO/];
export const hiddenOfSamples = [/_date/];

/**
 * Dotted paths of the entries of metadata (`outer.inner`), without the names inside a measured value. In the order in
 * which they are found, each once.
 *
 * @param metadata as stored; keys are answered decoded
 */
export function metadataPaths(
  metadata: Iterable<unknown>,
  { containing, limit, hidden = hiddenOfDatasets }: PathsWanted,
): string[] {
  const part = containing?.toLowerCase() ?? '';
  const found = new Set<string>();
  for (const one of metadata) {
    if (!isObject(one)) continue;
    for (const path of pathsIn(decodeMetadataKeys(one), '')) {
      if (found.size >= limit) return [...found];
      if (path.toLowerCase().includes(part) && !isHidden(path, hidden)) found.add(path);
    }
  }
  return [...found];
}

function* pathsIn(entries: Fields, prefix: string): Generator<string> {
  for (const [key, value] of Object.entries(entries)) {
    const path = `${prefix}${key}`;
    if (isObject(value) && !isMeasured(value)) yield* pathsIn(value, `${path}.`);
    else yield path;
  }
}

/** A value with its unit, in long or short names, or the empty object, which has nothing inside to name. */
function isMeasured(entry: Fields): boolean {
  const keys = Object.keys(entry);
  return keys.length === 0 || keys.some((key) => ['unit', 'u', 'value', 'v'].includes(key));
}

function isHidden(path: string, hidden: readonly RegExp[]): boolean {
  return path.split('.').some((name) => hidden.some((pattern) => pattern.test(name)));
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
