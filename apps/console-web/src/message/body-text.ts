import { bytesOf } from '../parts/visible.js';

/** Bytes of a body that is shown; a longer one is offered as a file. */
export const longestShown = 256 * 1024;

export type ShownBody =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'file'; readonly bytes: number };

/** A body as it is read: JSON with its lines, anything else as it came. */
export function shownBody(body: string, encoding: 'utf8' | 'base64'): ShownBody {
  const bytes = encoding === 'base64' ? Math.floor((body.length * 3) / 4) : bytesOf(body);
  if (bytes > longestShown) return { kind: 'file', bytes };
  if (encoding === 'base64') return { kind: 'text', text: body };
  try {
    const laidOut = JSON.stringify(JSON.parse(body), undefined, 2);
    // Many small values become much longer when each has its line.
    return { kind: 'text', text: laidOut.length > 2 * longestShown ? body : laidOut };
  } catch {
    return { kind: 'text', text: body };
  }
}
