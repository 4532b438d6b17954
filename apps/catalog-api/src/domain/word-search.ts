import { partsOf } from '#scicat-database';

const pieces = /(-?)(?:"([^"]*)"?|([^\s"]+))/g;

/**
 * A search as the database takes it, in the parts that words are kept in: any of the words is found, `"several words"` in this
 * order, `-word` leaves out. One word alone that has parts (`10.1234/abc`, `run_0042`) is looked for as it stands.
 *
 * @returns an empty text where there is nothing to look for
 */
export function wordSearch(text: string): string {
  const words = [...text.matchAll(pieces)]
    .map(([, sign = '', phrase, word]) => ({
      sign,
      isPhrase: phrase !== undefined || sign !== '',
      parts: partsOf(phrase ?? word ?? ''),
    }))
    .filter(({ parts }) => parts.length > 0);
  // Nothing is found by what is left out alone.
  if (words.every(({ sign }) => sign !== '')) return '';
  return words
    .map(({ sign, isPhrase, parts }) => {
      const together = parts.join(' ');
      return parts.length > 1 && (isPhrase || words.length === 1)
        ? `${sign}"${together}"`
        : `${sign}${together}`;
    })
    .join(' ');
}
