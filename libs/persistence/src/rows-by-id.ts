import { mongo } from 'mongoose';
import { TransientError } from '#kernel';

/** Rows of a driver's first batch, less a few: a page of them is answered at once, as it was at one moment. */
const onePage = 100;

/** What is needed of a collection to read its rows. */
interface Readable {
  find(
    filter: object,
    options: object,
  ): { sort(order: { _id: 1 }): { limit(most: number): { toArray(): Promise<unknown[]> } } };
  countDocuments(filter: object): Promise<number>;
}

export interface RowsOptions {
  readonly projection?: Readonly<Record<string, 0 | 1>>;
  /** Rows a look; fewer where rows are large. */
  readonly page?: number;
  /**
   * The rows of a page wait as bytes, and each is made when it comes. For whom reads very many and keeps none: rows that wait as objects
   * outlive the collection of young garbage, and the heap grows by them.
   */
  readonly oneAtATime?: boolean;
}

/**
 * Rows in the order of their ids, page by page. A cursor that is read in several batches may repeat rows, or miss some, when
 * they are written meanwhile; here each page is a look of its own that begins behind the last row, so that a row that is
 * there all the time comes once. Rows may be changed or removed as they come.
 */
export async function* rowsById<Row extends { readonly _id: string }>(
  collection: Readable,
  filter: object,
  { projection, page = onePage, oneAtATime = false }: RowsOptions = {},
): AsyncGenerator<Row> {
  for (let after: string | undefined; ;) {
    const condition = after === undefined ? filter : { $and: [filter, { _id: { $gt: after } }] };
    const rows = (await collection
      .find(condition, { projection, ...(oneAtATime ? { raw: true } : {}) })
      .sort({ _id: 1 })
      .limit(page)
      .toArray()) as (Row | Uint8Array)[];
    for (const found of rows) {
      const row = found instanceof Uint8Array ? (mongo.BSON.deserialize(found) as Row) : found;
      after = row._id;
      yield row;
    }
    if (rows.length < page) return;
  }
}

/**
 * The same for a list that something is decided on: at its end it is counted.
 *
 * @throws TransientError `persistence.rows-moving` when rows came or went meanwhile: what was read is no whole list
 */
export async function* wholeListById<Row extends { readonly _id: string }>(
  collection: Readable,
  filter: object,
  options: RowsOptions = {},
): AsyncGenerator<Row> {
  let seen = 0;
  for await (const row of rowsById<Row>(collection, filter, options)) {
    seen += 1;
    yield row;
  }
  const count = await collection.countDocuments(filter);
  if (count !== seen)
    throw new TransientError(
      'persistence.rows-moving',
      `Expected ${count} rows for ${JSON.stringify(filter).slice(0, 200)}, found ${seen} while reading them: they are being written at this moment, try again.`,
    );
}

/**
 * The rows with these ids, in the order of their ids. What was not found is looked for again before it counts as missing.
 *
 * @param filter what the rows must say beside
 */
export async function rowsWithIds<Row extends { readonly _id: string }>(
  collection: Readable,
  ids: readonly string[],
  options: RowsOptions = {},
  filter: object = {},
): Promise<Row[]> {
  const found = new Map<string, Row>();
  const look = async (wanted: readonly string[]): Promise<void> => {
    for (let first = 0; first < wanted.length; first += onePage) {
      const some = wanted.slice(first, first + onePage);
      const condition = { ...filter, _id: { $in: some } };
      const rows = rowsById<Row>(collection, condition, { ...options, page: some.length + 1 });
      for await (const row of rows) found.set(row._id, row);
    }
  };
  const wanted = [...new Set(ids)];
  await look(wanted);
  const missing = wanted.filter((id) => !found.has(id));
  if (missing.length > 0) await look(missing);
  return [...found.values()].sort((left, right) => (left._id < right._id ? -1 : 1));
}
