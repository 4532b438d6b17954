import { doiKey, doiPath, isDoi } from '#datacite';

/** What of a publication an address asks for. */
export type Part =
  | { readonly kind: 'page' }
  | { readonly kind: 'files' }
  | { readonly kind: 'request' }
  | { readonly kind: 'linkset'; readonly form: 'json' | 'txt' }
  | { readonly kind: 'export'; readonly format: string }
  | { readonly kind: 'picture'; readonly name: string };

/** One way to read an address below `/doi/`. */
export interface Reading {
  /** In lower case. */
  readonly key: string;
  readonly part: Part;
}

const longestAddress = 4096;
const parts: readonly (readonly [RegExp, (value: string) => Part])[] = [
  [/^(.+)\/files$/, () => ({ kind: 'files' })],
  [/^(.+)\/request$/, () => ({ kind: 'request' })],
  [/^(.+)\/linkset\.(json|txt)$/, (form) => ({ kind: 'linkset', form: form === 'txt' ? 'txt' : 'json' })],
  [/^(.+)\/export\/([a-z0-9-]+)$/, (format) => ({ kind: 'export', format })],
  [/^(.+)\/pictures\/([^/]+)$/, (name) => ({ kind: 'picture', name })],
];

/**
 * The ways to read what follows `/doi/`, encoded as it was sent, the whole as a DOI first: a DOI may end like a part of
 * another one. Empty if it cannot be any.
 */
export function readingsOf(encoded: string): Reading[] {
  if (encoded.length > longestAddress) return [];
  let text: string;
  try {
    text = decodeURIComponent(encoded);
  } catch {
    return [];
  }
  text = text.replace(/^(https?:\/{1,2}(dx\.)?doi\.org\/|doi:)/i, '').replace(/\/+$/, '');
  const readings: Reading[] = isDoi(text) ? [{ key: doiKey(text), part: { kind: 'page' } }] : [];
  for (const [pattern, partOf] of parts) {
    const [, doi, value = ''] = pattern.exec(text) ?? [];
    if (doi !== undefined && isDoi(doi)) readings.push({ key: doiKey(doi), part: partOf(value) });
  }
  return readings;
}

/** The one path of a part of a publication. */
export function pathOf(doi: string, part: Part): string {
  const page = `/doi/${doiPath(doi)}`;
  switch (part.kind) {
    case 'page':
      return page;
    case 'files':
    case 'request':
      return `${page}/${part.kind}`;
    case 'linkset':
      return `${page}/linkset.${part.form}`;
    case 'export':
      return `${page}/export/${part.format}`;
    case 'picture':
      return `${page}/pictures/${encodeURIComponent(part.name)}`;
  }
}
