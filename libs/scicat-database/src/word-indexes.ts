/**
 * A text index takes a field named `language`, at any depth, for the name of a language, and the database refuses documents
 * where it is none it knows (`"ja"`, a number with a unit). So every text index names another field, which no record has.
 */
export const wordOptions = {
  default_language: 'english',
  language_override: 'catenaTextLanguage',
} as const;

/** The name of the catalogue's text indexes. Another than before, so that a process that drops an old one cannot hit a new one. */
export const wordIndex = 'catena_word_list';

/** An index as the database describes it, as far as text indexes are concerned. */
export interface StoredTextIndex {
  readonly name?: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly weights?: Readonly<Record<string, unknown>>;
  readonly language_override?: string;
}

/**
 * The text index that stands where ours belongs: a collection has one at most. Earlier versions made it, or SciCat, over whole
 * records. One over named fields is the facility's own and stays.
 */
export function supersededTextIndex(stored: readonly StoredTextIndex[]): string | undefined {
  return stored.find((index) => index.key['_fts'] === 'text' && isOverEverything(index))?.name;
}

function isOverEverything({ weights = {} }: StoredTextIndex): boolean {
  const fields = Object.keys(weights);
  return fields.length === 1 && fields[0] === '$**';
}
