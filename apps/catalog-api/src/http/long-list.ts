import { Readable } from 'node:stream';

/** Lists of more rows than this are sent while they are read, instead of being held. */
const longFrom = 1000;
/** Bytes of text gathered before they are handed on: few large pieces cost less than many small ones. */
const pieceSize = 64 * 1024;

/** Whether a list should be sent row by row: related records need the whole of it. */
export function isLong({ limit, include = [] }: { limit: number; include?: readonly unknown[] }): boolean {
  return limit > longFrom && include.length === 0;
}

/** Rows that are sent as a JSON list while the database still finds more of them. */
export class LongList<Row> {
  constructor(private readonly rows: AsyncIterable<Row>) {}

  map<View>(view: (row: Row) => View): LongList<View> {
    return new LongList(mapped(this.rows, view));
  }

  /**
   * The list as JSON text. The first row is waited for, so that a query the database refuses is still answered with its
   * status; an error after that ends the connection, and no reader takes half a list for a whole one.
   */
  async toStream(): Promise<Readable> {
    const iterator = this.rows[Symbol.asyncIterator]();
    const first = await iterator.next();
    return Readable.from(json(iterator, first), { objectMode: false });
  }
}

async function* mapped<Row, View>(rows: AsyncIterable<Row>, view: (row: Row) => View): AsyncGenerator<View> {
  for await (const row of rows) yield view(row);
}

async function* json<Row>(
  iterator: AsyncIterator<Row>,
  first: IteratorResult<Row, unknown>,
): AsyncGenerator<string> {
  let piece = '[';
  let before = '';
  try {
    for (let step = first; step.done !== true; step = await iterator.next()) {
      piece += before + JSON.stringify(step.value);
      before = ',';
      if (piece.length >= pieceSize) {
        yield piece;
        piece = '';
      }
    }
    yield `${piece}]`;
  } finally {
    // A reader that goes away leaves no cursor open.
    await iterator.return?.();
  }
}
