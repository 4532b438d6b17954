/**
 * A text index takes a field named `language`, at any depth, for the name of a language, and the database refuses documents
 * where it is none it knows (`"ja"`, a number with a unit). So every text index names another field, which no record has.
 */
export const wordOptions = {
  default_language: 'english',
  language_override: 'catenaTextLanguage',
} as const;

/** The name of the catalogue's text indexes. Another than before, so that whoever drops an old one cannot hit a new one. */
export const wordIndex = 'catena_words';

/** An index as the database describes it, as far as text indexes are concerned. */
export interface StoredTextIndex {
  readonly name?: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly weights?: Readonly<Record<string, unknown>>;
  readonly language_override?: string;
}

/** Whether a text index minds what a field `language` holds. */
export function mindsLanguage({ name, key, language_override: field }: StoredTextIndex): boolean {
  return key['_fts'] === 'text' && name !== wordIndex && field !== wordOptions.language_override;
}

/**
 * The text index that stands where `catena_words` belongs: a collection has one at most. Earlier versions made it, or SciCat.
 * One over other fields is somebody's own and stays.
 */
export function supersededTextIndex(stored: readonly StoredTextIndex[]): string | undefined {
  return stored.find((index) => mindsLanguage(index) && overEverything(index))?.name;
}

function overEverything({ weights = {} }: StoredTextIndex): boolean {
  const fields = Object.keys(weights);
  return fields.length === 1 && fields[0] === '$**';
}
