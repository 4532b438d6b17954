import { decodeMetadataKeys } from './metadata-keys.js';
import { pairIn } from './units.js';

type Fields = Record<string, unknown>;

export interface PathsWanted {
  /** Part of the path, in any case; every path when absent. */
  readonly containing?: string | undefined;
  /** Most paths in the answer. */
  readonly limit: number;
  /** Names that nobody searches for; absent: those of datasets. */
  readonly hidden?: RegExp;
}

/** Bookkeeping of beamlines that nobody searches for, anywhere in a path. */
const hiddenOfDatasets =
  /_date|runNumber|Entrych*.|entryCh*.|FMC-PICO*.|BW_measurement*.|Linearity_measurement*.|Pulse_measurement*./;
export const hiddenOfSamples = /_date/;

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
      if (path.toLowerCase().includes(part) && !hidden.test(path)) found.add(path);
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

/** What has a unit, whatever it calls it, has nothing inside to name. */
function isMeasured(entry: Fields): boolean {
  return 'unit' in entry || 'u' in entry || pairIn(entry) !== undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
