import { doiUrl } from './doi.js';
import type { RelatedIdentifier } from './resource.js';
import type { RelatedIdentifierType } from './vocabularies.js';

/** DOIs of others have characters that DataCite would not take for new ones. */
const foreignDoi = /10\.\d{4,9}(?:\.\d+)*\/[^\s"<>]*[^\s"<>.,;:)\]}]/;
const wholeDoi = /^(?:https?:\/\/(?:[\w-]+\.)*doi\.org\/|doi:\s*)?(10\.\d{4,9}(?:\.\d+)*\/\S+)$/i;
const handle = /^(?:https?:\/\/hdl\.handle\.net\/|hdl:\s*)(\S+\/\S+)$/i;
const arxiv =
  /^(?:https?:\/\/arxiv\.org\/(?:abs|pdf)\/|arxiv:\s*)((?:[a-z-]+(?:\.[a-z]{2})?\/\d{7}|\d{4}\.\d{4,5})(?:v\d+)?)(?:\.pdf)?$/i;
const isbn = /^(?:isbn(?:-1[03])?:?\s*|urn:isbn:)?((?:97[89][-\s]?)?(?:\d[-\s]?){9}[\dx])$/i;
const url = /https?:\/\/[^\s"<>]+[^\s"<>.,;:)\]}]/i;

/** The identifier in a text and its scheme; undefined when there is none to be seen. */
export function identifierIn(
  text: string,
): { readonly identifier: string; readonly type: RelatedIdentifierType } | undefined {
  const whole = text.trim();
  const doi = wholeDoi.exec(whole)?.[1];
  if (doi !== undefined) return { identifier: decoded(doi), type: 'DOI' };
  const preprint = arxiv.exec(whole)?.[1];
  if (preprint !== undefined) return { identifier: `arXiv:${preprint}`, type: 'arXiv' };
  const persistent = handle.exec(whole)?.[1];
  if (persistent !== undefined) return { identifier: decoded(persistent), type: 'Handle' };
  const book = isbn.exec(whole)?.[1];
  if (book !== undefined && isBook(book)) return { identifier: book, type: 'ISBN' };
  const inside = foreignDoi.exec(whole)?.[0];
  if (inside !== undefined) return { identifier: decoded(inside), type: 'DOI' };
  const link = url.exec(whole)?.[0];
  if (link !== undefined && URL.canParse(link)) return { identifier: link, type: 'URL' };
  return undefined;
}

/** An address of the related thing where its scheme has one, else the identifier itself. */
export function relatedUrl({ relatedIdentifier, relatedIdentifierType }: RelatedIdentifier): string {
  switch (relatedIdentifierType) {
    case 'DOI':
      return doiUrl(relatedIdentifier);
    case 'Handle':
      return `https://hdl.handle.net/${encodeURI(wellFormed(relatedIdentifier))}`;
    case 'arXiv':
      return `https://arxiv.org/abs/${encodeURI(wellFormed(relatedIdentifier).replace(/^arxiv:/i, ''))}`;
    case 'ISBN':
      return `urn:isbn:${relatedIdentifier.replace(/[-\s]/g, '')}`;
    default:
      return relatedIdentifier;
  }
}

/** encodeURI throws for lone surrogates. */
function wellFormed(text: string): string {
  return text.replace(/[\uD800-\uDFFF]/gu, '\uFFFD');
}

function decoded(text: string): string {
  try {
    return /%[0-9a-f]{2}/i.test(text) ? decodeURIComponent(text) : text;
  } catch {
    return text;
  }
}

function isBook(text: string): boolean {
  const digits = text.replace(/[-\s]/g, '').toUpperCase();
  const sum = (weight: (index: number) => number): number =>
    [...digits].reduce(
      (total, digit, index) => total + (digit === 'X' ? 10 : Number(digit)) * weight(index),
      0,
    );
  if (digits.length === 13) return sum((index) => (index % 2 === 0 ? 1 : 3)) % 10 === 0;
  return digits.length === 10 && sum((index) => 10 - index) % 11 === 0;
}
