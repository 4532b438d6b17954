/** Where a record keeps the words that searches find it by; no answer shows it. */
export const wordsField = 'catenaWords';

/** Collections whose records are searched for words. */
const searchedCollections: ReadonlySet<string> = new Set([
  'Dataset',
  'PublishedData',
  'Job',
  'Proposal',
  'Sample',
]);

/** UTF-8 bytes of words that a record is found by; what comes after them in it is stored, and not found. */
export const mostWordBytes = 200_000;
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

const unprintable = /[\p{Cc}\p{Cs}]+/gu;
/** What may be masked for a reader (MASK_PERSONAL_INFO) must not be found by him. */
const address = /\S+@\S+/gu;

/**
 * The text of a record in one string, for the word index: an index over the record itself costs the square of its lists, and
 * refuses records with more words than it takes. Every text at any depth counts once, in the order of the fields.
 */
export function wordsOf(record: object): string {
  const seen = new Set<string>();
  const parts: string[] = [];
  let room = mostWordBytes;
  for (const text of textsOf(record, '', 0)) {
    if (seen.has(text)) continue;
    seen.add(text);
    const part = withinBytes(cleaned(text), room);
    if (part === '') continue;
    parts.push(part);
    room -= Buffer.byteLength(part) + 1;
    if (room <= 0) break;
  }
  return parts.join('\n');
}

/** The field with the words of a record, in collections whose records are searched for words. */
export function wordsFor(collection: string, record: object): Readonly<Record<string, string>> {
  return searchedCollections.has(collection) ? { [wordsField]: wordsOf(record) } : {};
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
  const printable = text.replace(unprintable, ' ').replace(address, ' ').trim();
  if (printable.length <= longestWord) return printable;
  return printable
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
