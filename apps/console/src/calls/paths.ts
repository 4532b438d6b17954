const maxSegments = 8;
const longestSegment = 2000;

/** Signs that no id has: they would be read in other ways on the way to an app. */
const odd = /[\u0000-\u001f\u007f\\]/;

/** The path and query of a call as the browser wrote them, below a prefix. */
export interface AskedPath {
  /** Decoded, each one part of the path: an id may hold slashes. */
  readonly segments: readonly string[];
  /** With its question mark, or empty. */
  readonly query: string;
}

/**
 * Takes an address apart without making another one of it: each part is decoded once, and encoded again when it is passed on.
 * Undefined for whatever could be understood as another path: empty parts, `.` and `..` in any spelling, control characters.
 *
 * @param url of the request, as it came
 * @param mayBeFolder whether a part may begin with a slash: shares without a name of their own are called by their folders
 */
export function askedPath(url: string, prefix: string, mayBeFolder = false): AskedPath | undefined {
  const [path = '', ...rest] = url.split('?');
  if (!path.startsWith(prefix) || rest.length > 1 || url.includes('#')) return undefined;
  const parts = path.slice(prefix.length).split('/');
  if (parts.length > maxSegments) return undefined;
  const segments: string[] = [];
  for (const part of parts) {
    const segment = decoded(part);
    if (segment === undefined || !isSafe(mayBeFolder ? segment.replace(/^\//, '') : segment))
      return undefined;
    segments.push(segment);
  }
  return { segments, query: rest[0] === undefined || rest[0] === '' ? '' : `?${rest[0]}` };
}

/** As it is sent on: one segment stays one. */
export function encodedPath(segments: readonly string[]): string {
  return segments.map((segment) => encodeURIComponent(segment)).join('/');
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function isSafe(segment: string): boolean {
  return (
    segment.length <= longestSegment &&
    !odd.test(segment) &&
    segment.split('/').every((piece) => piece !== '' && piece !== '.' && piece !== '..')
  );
}
