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

/** Dotted paths of the entries of metadata as stored (`outer.inner`), decoded, without the names inside a measured value. */
export function dottedPaths(metadata: unknown): string[] {
  return isObject(metadata) ? [...pathsIn(decodeMetadataKeys(metadata), '')] : [];
}

/** The paths that are wanted, in the order in which they are found, each once. */
export async function chosenPaths(
  lists: AsyncIterable<readonly string[]>,
  { containing, limit, hidden = hiddenOfDatasets }: PathsWanted,
): Promise<string[]> {
  const part = containing?.toLowerCase() ?? '';
  const found = new Set<string>();
  for await (const paths of lists)
    for (const path of paths) {
      if (found.size >= limit) return [...found];
      if (path.toLowerCase().includes(part) && !hidden.test(path)) found.add(path);
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
