import { doiKey, isDoi } from '#datacite';

/** What an address below `/doi/` may ask for. */
export type Wanted =
  | { readonly kind: 'page' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'archive'; readonly format: 'zip' | 'tar' }
  | { readonly kind: 'manifest' }
  | { readonly kind: 'list' };

/** One way to read an address. */
export interface Reading {
  /** In lower case. */
  readonly doi: string;
  readonly wanted: Wanted;
}

const root = '/doi/';
const folder = '/files/';
const endings: readonly (readonly [string, Wanted])[] = [
  ['/archive.zip', { kind: 'archive', format: 'zip' }],
  ['/archive.tar', { kind: 'archive', format: 'tar' }],
  ['/manifest-sha256.txt', { kind: 'manifest' }],
  ['/files.json', { kind: 'list' }],
];
/** Places in one address where a DOI may end. */
const maxReadings = 16;

/**
 * All ways to read an address, the longest DOI first: DOIs have any number of slashes, and may look like a part of an
 * address themselves. Empty when it cannot be a download.
 *
 * @param url path and query as sent
 */
export function readingsOf(url: string): Reading[] {
  const [path = ''] = url.split('?');
  if (!path.startsWith(root)) return [];
  const rest = path.slice(root.length);
  const readings: Reading[] = [];
  const add = (doi: string, wanted: Wanted | undefined): void => {
    const key = decoded(doi);
    if (wanted !== undefined && key !== undefined && isDoi(key)) readings.push({ doi: doiKey(key), wanted });
  };
  for (const [ending, wanted] of endings)
    if (rest.endsWith(ending)) add(rest.slice(0, -ending.length), wanted);
  for (let at = rest.lastIndexOf(folder); at > 0 && readings.length < maxReadings;) {
    const file = decoded(rest.slice(at + folder.length));
    add(rest.slice(0, at), file === undefined || file === '' ? undefined : { kind: 'file', path: file });
    at = rest.lastIndexOf(folder, at - 1);
  }
  if (readings.length === 0) return [];
  add(rest, { kind: 'page' });
  return readings.sort((left, right) => right.doi.length - left.doi.length);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
