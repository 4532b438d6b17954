/** A value sent to PostgreSQL in binary format; text columns take their UTF-8 bytes. */
export type Parameter = Buffer | string | bigint | null;
/** The columns of one row, in binary format. */
export type Row = readonly (Buffer | null)[];

/** A statement of fixed text, prepared once on each connection under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** An error reported by PostgreSQL, with the five characters of its SQLSTATE. */
export class PostgresError extends Error {
  constructor(
    readonly sqlState: string,
    message: string,
    readonly detail: string | undefined,
    readonly constraint: string | undefined,
  ) {
    super(message);
  }
}

/** The connection to PostgreSQL was lost before an answer came: what it was doing may or may not have happened. */
export class PostgresConnectionLost extends Error {}

/** No connection could be had: nothing was sent, nothing happened. */
export class PostgresUnreachable extends PostgresConnectionLost {}

const PROTOCOL_3_0 = 196608;

export function startupMessage(parameters: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(parameters)
    .map(([name, value]) => `${name}\0${value}\0`)
    .join('');
  const text = Buffer.from(`${pairs}\0`);
  const head = Buffer.allocUnsafe(8);
  head.writeInt32BE(text.length + 8, 0);
  head.writeInt32BE(PROTOCOL_3_0, 4);
  return Buffer.concat([head, text]);
}

export function simpleQueryMessage(sql: string): Buffer {
  return tagged('Q', Buffer.from(`${sql}\0`));
}

export function parseMessage(statement: Statement): Buffer {
  return tagged('P', Buffer.from(`${statement.name}\0${statement.text}\0\0\0`));
}

function tagged(tag: string, body: Buffer): Buffer {
  const head = Buffer.allocUnsafe(5);
  head.write(tag, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Execute the unnamed portal without row limit, then Sync. */
const EXECUTE_AND_SYNC = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x53, 0, 0, 0, 4]);
/** One result format for all columns: binary. */
const BINARY_RESULTS = Buffer.from([0, 1, 0, 1]);
/** Parameters above this are written as they are instead of being copied into the message. */
const COPY_LIMIT = 32 * 1024;

/** Bind, Execute and Sync for a prepared statement, as buffers to be written one after the other. */
export function executeMessages(name: string, parameters: readonly Parameter[]): Buffer[] {
  const values = parameters.map(encode);
  const nameLength = Buffer.byteLength(name);
  let bodyLength = 4 + 1 + nameLength + 1 + 4 + 2 + BINARY_RESULTS.length;
  for (const value of values) bodyLength += 4 + (value === null ? 0 : value.length);

  const pieces: Buffer[] = [];
  let small = Buffer.allocUnsafe(5 + nameLength + 2 + 6);
  let offset = small.write('B', 0, 'latin1');
  offset = small.writeInt32BE(bodyLength, offset);
  offset = small.writeUInt8(0, offset);
  offset += small.write(`${name}\0`, offset, 'latin1');
  offset = small.writeInt16BE(1, offset);
  offset = small.writeInt16BE(1, offset);
  small.writeInt16BE(values.length, offset);
  small = small.subarray(0, offset + 2);
  pieces.push(small);
  for (const value of values) {
    const size = Buffer.allocUnsafe(4);
    size.writeInt32BE(value === null ? -1 : value.length, 0);
    pieces.push(size);
    if (value !== null) pieces.push(value);
  }
  pieces.push(BINARY_RESULTS, EXECUTE_AND_SYNC);
  return bodyLength < COPY_LIMIT ? [Buffer.concat(pieces)] : pieces;
}

function encode(parameter: Parameter): Buffer | null {
  if (typeof parameter === 'string') return Buffer.from(parameter);
  if (typeof parameter !== 'bigint') return parameter;
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(parameter, 0);
  return bytes;
}

/** The columns of a DataRow message (tag and length included); each column is a view of it. */
export function readRow(message: Buffer): Row {
  const count = message.readInt16BE(5);
  const row: (Buffer | null)[] = new Array<Buffer | null>(count);
  let offset = 7;
  for (let index = 0; index < count; index++) {
    const length = message.readInt32BE(offset);
    offset += 4;
    row[index] = length < 0 ? null : message.subarray(offset, offset + length);
    if (length > 0) offset += length;
  }
  return row;
}

/** The fields of an ErrorResponse message. */
export function readError(message: Buffer): PostgresError {
  const fields = new Map<string, string>();
  for (const field of message.toString('utf8', 5).split('\0')) {
    if (field !== '') fields.set(field.charAt(0), field.slice(1));
  }
  return new PostgresError(
    fields.get('C') ?? 'XX000',
    fields.get('M') ?? 'PostgreSQL reported an error without a message',
    fields.get('D'),
    fields.get('n'),
  );
}
