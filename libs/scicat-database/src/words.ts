/** Where a record keeps the words that searches find it by; no answer shows it. */
export const wordsField = 'catenaWords';
/** How words are made of a record: another number makes a start give words to all records once more. */
export const wordsForm = 2;

/** Collections whose records are searched for words. */
const searchedCollections: ReadonlySet<string> = new Set([
  'Dataset',
  'PublishedData',
  'Job',
  'Proposal',
  'Sample',
  'OrigDatablock',
]);

/** Collections of lists of files: their words are those of the paths. */
const fileLists: ReadonlySet<string> = new Set(['OrigDatablock']);

/** UTF-8 bytes of words that a record is found by; what comes after them in it is stored, and not found. */
export const maxWordBytes = 200_000;
/** Characters of one word: longer ones are encoded bytes. */
const longestWord = 500;
/** Levels below a record. */
const deepest = 50;

/**
 * Parts that are no text of the record: Catena's own, house-keeping, states that change by themselves and have filters of
 * their own, pictures, and lists of a job that may name ten thousand datasets.
 */
const leftOut: ReadonlySet<string> = new Set([
  ...['catena', wordsField, '__v', 'updatedBy', 'datasetlifecycle', 'status', 'thumbnail'],
  ...['jobParams.datasetList', 'jobParams.datasetIds', 'jobResultObject'],
]);

/** What may be masked for a reader (MASK_PERSONAL_INFO) must not be found by him. */
const address = /\S+@\S+/gu;

/**
 * The text of a record in one string, for the word index: an index over the record itself costs the square of its lists, and
 * refuses records with more words than it takes. Every text at any depth counts once, in the order of the fields, as its parts:
 * databases do not agree on where a word of a path or of a DOI ends, nor on letters with accents.
 */
export function wordsOf(record: object): string {
  const seen = new Set<string>();
  const parts: string[] = [];
  let room = maxWordBytes;
  for (const text of textsOf(record, '', 0)) {
    if (seen.has(text)) continue;
    seen.add(text);
    const part = withinBytes(partsOf(cleaned(text)).join(' '), room);
    if (part === '') continue;
    parts.push(part);
    room -= Buffer.byteLength(part) + 1;
    if (room <= 0) break;
  }
  return parts.join('\n');
}

/** The field with the words of a record, in collections whose records are searched for words. */
export function wordsFor(collection: string, record: object): Readonly<Record<string, string>> {
  if (!searchedCollections.has(collection)) return {};
  return { [wordsField]: fileLists.has(collection) ? wordsOfFiles(record) : wordsOf(record) };
}

/** What the words of a collection's records are made of, as a projection; undefined where it is everything. */
export function wordSources(collection: string): Readonly<Record<string, 1>> | undefined {
  return fileLists.has(collection) ? { [wordsField]: 1, datasetId: 1, 'dataFileList.path': 1 } : undefined;
}

/**
 * The words of a list of files: the parts of the paths, and of the dataset's id. Each once: fifty thousand paths are made of few
 * words and many numbers. Numbers come last, so that a list with more of them than fit is still found by its words. Nothing
 * else counts: rights of a block follow those of its dataset, and checksums are found by nobody.
 */
function wordsOfFiles(record: object): string {
  const { datasetId, dataFileList } = record as { datasetId?: unknown; dataFileList?: unknown };
  const files = (Array.isArray(dataFileList) ? dataFileList : []) as ({ path?: unknown } | null)[];
  const words = new Set<string>();
  const numbers = new Set<string>();
  for (const text of [datasetId, ...files.map((file) => file?.path)])
    for (const word of partsOf(typeof text === 'string' ? text : ''))
      if (word.length <= longestWord) (/^\p{N}+$/u.test(word) ? numbers : words).add(word);
  const parts: string[] = [];
  let room = maxWordBytes;
  for (const word of [...words, ...numbers]) {
    room -= Buffer.byteLength(word) + 1;
    if (room < 0) break;
    parts.push(word);
  }
  return parts.join(' ');
}

/** Nothing but ASCII, in which there is nothing to be made alike. */
const plain = /^[\x00-\x7f]*$/;

/** Words as they are kept, and looked for: letters and digits, in small letters, without accents. */
export function partsOf(text: string): string[] {
  if (plain.test(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return unaccented(text).match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu) ?? [];
}

/** The accents of Latin, Greek and Cyrillic letters: `ü` is found by `u`. Marks of other scripts make other words. */
const accents = /[\u0300-\u036f]/g;

function unaccented(text: string): string {
  return text.normalize('NFKD').replace(accents, '').normalize('NFC').toLowerCase();
}

function* textsOf(value: unknown, path: string, depth: number): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null || value instanceof Date || depth > deepest) return;
  if (Array.isArray(value)) {
    for (const entry of value as unknown[]) yield* textsOf(entry, path, depth + 1);
    return;
  }
  if (!isPlain(value)) return;
  for (const [name, entry] of Object.entries(value)) {
    const inner = path === '' ? name : `${path}.${name}`;
    if (!leftOut.has(inner)) yield* textsOf(entry, inner, depth + 1);
  }
}

/** Neither an id of the database nor any other type of the driver. */
function isPlain(value: object): boolean {
  return !('_bsontype' in value);
}

function cleaned(text: string): string {
  // No address, and no word that is too long.
  if (text.length <= longestWord && !text.includes('@')) return text;
  return text
    .replace(address, ' ')
    .split(/\s+/)
    .filter((word) => word.length <= longestWord)
    .join(' ');
}

/** As many whole words as fit. */
function withinBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  // No character takes less than one byte.
  let kept = text.slice(0, bytes);
  for (let over = Buffer.byteLength(kept) - bytes; over > 0; over = Buffer.byteLength(kept) - bytes) {
    // A character takes three bytes of UTF-8 at most for each of its UTF-16 units.
    kept = kept.slice(0, kept.length - Math.ceil(over / 3));
  }
  const end = kept.lastIndexOf(' ');
  return end === -1 ? '' : kept.slice(0, end);
}
