import { bytesFrom, durationFrom } from '#kernel';
import type { FileValue } from './file-reading.js';
import { nearestWord } from './nearest-word.js';

/** What a value of the file means; undefined when it was refused, which is told. */
export type Reader<T> = (value: FileValue) => T | undefined;

const longestText = 1000;

export const anyText: Reader<string> = (value) => {
  const text = value.plain;
  if (typeof text === 'string' && text.trim() !== '' && text.length <= longestText) return text;
  return value.refuse(
    `a text of 1 to ${longestText} characters`,
    'Write it, in quotes where it looks like a number.',
  );
};

/** A text, a number or a yes or no, as it was written. */
export const anyWord: Reader<string> = (value) => {
  const text = value.written;
  if (text !== undefined && text !== '' && text.length <= longestText) return text;
  return value.refuse('a single value', 'Write one value.');
};

/** The name of a target or a route: part of records and messages. */
export const nameText: Reader<string> = (value) => {
  const text = value.plain;
  if (typeof text === 'string' && /^[a-z0-9-]{1,40}$/.test(text)) return text;
  return value.refuse('a name of 1 to 40 small letters, digits and "-"', 'Choose such a name.');
};

export const wholeNumber =
  (least: number, most: number): Reader<number> =>
  (value) => {
    const number = value.plain;
    if (typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most)
      return number;
    return value.refuse(`a whole number from ${least} to ${most}`, 'Write one, without quotes.');
  };

export const oneOf =
  <const Word extends string>(words: readonly Word[]): Reader<Word> =>
  (value) => {
    const found = words.find((word) => word === value.plain);
    if (found !== undefined) return found;
    const nearest = nearestWord(String(value.plain), words);
    return value.refuse(
      `one of ${words.join(', ')}`,
      nearest === undefined ? 'Choose one of them.' : `Did you mean "${nearest}"?`,
    );
  };

/** Bytes. */
export const size: Reader<number> = (value) =>
  measured(value, bytesFrom, 'a size such as 500000, 64MiB or 500GiB', 'B, KiB, MiB, GiB or TiB');

/** Milliseconds. */
export const time: Reader<number> = (value) =>
  measured(value, durationFrom, 'a duration such as 90s, 5m or 2h', 'ms, s, m, h or d');

function measured(
  value: FileValue,
  parse: (text: string) => number,
  expected: string,
  units: string,
): number | undefined {
  try {
    const parsed = parse(value.written ?? '');
    if (Number.isSafeInteger(parsed)) return parsed;
  } catch {
    return value.refuse(expected, `Write a whole number and its unit (${units}) without a blank.`);
  }
  return value.refuse(expected, 'Write a smaller one.');
}

/** Of a list each item once, or nothing where one was refused. */
export const listOf =
  <T extends string | number>(
    read: Reader<T>,
    { what, least = 1, most }: { readonly what: string; readonly least?: number; readonly most: number },
  ): Reader<readonly T[]> =>
  (value) => {
    const items = value.items(what);
    if (items === undefined) return undefined;
    if (items.length < least || items.length > most)
      return value.refuse(`${least} to ${most} ${what}`, 'Add or remove some.', `${items.length}`);
    const found = items.map((item) => ({ item, value: read(item) }));
    const seen = new Set<T>();
    let isWhole = true;
    for (const { item, value: one } of found) {
      if (one === undefined || seen.has(one)) isWhole = false;
      if (one !== undefined && seen.has(one)) item.refuse(`each of the ${what} once`, 'Remove it.');
      if (one !== undefined) seen.add(one);
    }
    return isWhole ? [...seen] : undefined;
  };

/** One item without a list, or a list of them. */
export const oneOrListOf =
  <T extends string>(
    read: Reader<T>,
    options: { readonly what: string; readonly most: number },
  ): Reader<readonly T[]> =>
  (value) => {
    if (Array.isArray(value.plain)) return listOf(read, options)(value);
    const one = read(value);
    return one === undefined ? undefined : [one];
  };
