/**
 * Controls of C0 and C1 without tab and line feed, of writing direction, and of byte order, and what Unicode gives to nobody
 * (non-characters): never visible, often a trick.
 */
const unwanted = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff\p{NChar}]/gu;
const brokenPairs = /\p{Surrogate}/gu;
/** Nearly all texts are made of these alone, and looked through ten times as fast. */
const harmless = /^[\t\n\x20-\x7e\xa0-\u1fff]*$/;

/** What a person may read of any text: nothing that is invisible by itself or turns the writing around. */
export function visible(text: string): string {
  return harmless.test(text) ? text : text.replace(unwanted, '').replace(brokenPairs, '\ufffd');
}

/** The same in one line, at most so many characters long. */
export function oneLine(text: string, most: number): string {
  // Whatever is cut away need not be cleaned first: texts may have megabytes.
  const line = visible(text.slice(0, most * 4))
    .replace(/\s+/g, ' ')
    .trim();
  if (line.length <= most) return line;
  const characters = [...line];
  return characters.length <= most
    ? line
    : `${characters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`;
}

/** The address if a reader may follow it, undefined if it is anything but a page or a mail. */
export function linkable(address: string | undefined): string | undefined {
  if (address === undefined || address.length > 4000 || !/^(https?:\/\/|mailto:)/i.test(address))
    return undefined;
  return URL.canParse(address) ? new URL(address).href : undefined;
}

/** The same for every text in a value that becomes JSON; names of fields are ours. */
export function visibleTexts(value: unknown): unknown {
  if (typeof value === 'string') return visible(value);
  if (Array.isArray(value)) return value.map(visibleTexts);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, visibleTexts(inner)]));
}
