import { deserialize, type Document } from 'bson';
import { codeOfSqlState } from '../errors/codes.js';
import { DUPLICATE_KEY, MongoError } from '../errors/mongo-error.js';
import { PostgresError } from '../postgres/messages.js';
import { STATEMENTS } from '../postgres/statements.js';
import type { Context } from './services.js';

interface Index {
  readonly name: string;
  readonly key: Document;
}

interface DescribedDuplicate {
  readonly message: string;
  /** keyPattern and, as far as the operation tells it, keyValue. */
  readonly extra: Document;
}

const ID_INDEX: Index = { name: '_id_', key: { _id: 1 } };

/** Turns the engine's words ("… Index 'name'") into MongoDB's. */
export async function describeDuplicate(
  context: Context,
  engineMessage: string,
  operation: Document,
): Promise<DescribedDuplicate> {
  const name = /Index '(.*)'/.exec(engineMessage)?.[1];
  const index = name === undefined ? undefined : await indexByName(context, name);
  return describe(context, index, name, operation);
}

/** The duplicate-key error hidden in a failure of findAndModify, or undefined when it failed for another reason. */
export async function duplicateFromError(
  context: Context,
  error: unknown,
  operation: () => Document,
): Promise<MongoError | undefined> {
  if (!(error instanceof PostgresError) || codeOfSqlState(error.sqlState) !== DUPLICATE_KEY) return undefined;
  const index = await indexOfError(context, error);
  const { message, extra } = describe(context, index, index?.name, operation());
  return new MongoError(DUPLICATE_KEY, message, [], extra);
}

async function indexOfError(context: Context, error: PostgresError): Promise<Index | undefined> {
  if (error.constraint?.startsWith('collection_pk_') === true) return ID_INDEX;
  const id = /_(\d+)$/.exec(error.constraint ?? '')?.[1];
  if (id !== undefined) return lookUp(context, STATEMENTS.indexOfConstraint, [id]);
  const name = /Index '(.*)'/.exec(error.message)?.[1];
  return name === undefined ? undefined : indexByName(context, name);
}

function indexByName(context: Context, name: string): Promise<Index | undefined> | Index {
  if (name === ID_INDEX.name) return ID_INDEX;
  const { database, target } = context.command;
  return lookUp(context, STATEMENTS.indexByName, [database, target ?? '', name]);
}

/** Asked on a connection of its own: inside a failed transaction PostgreSQL would not answer. */
async function lookUp(
  context: Context,
  statement: (typeof STATEMENTS)['indexByName'],
  parameters: string[],
): Promise<Index | undefined> {
  const { pool } = context.services;
  const connection = await pool.acquire();
  try {
    const [row] = await connection.execute(statement, parameters);
    const [name, key] = row ?? [];
    if (!Buffer.isBuffer(name) || !Buffer.isBuffer(key)) return undefined;
    return { name: name.toString(), key: deserialize(key) };
  } finally {
    pool.release(connection);
  }
}

function describe(
  context: Context,
  index: Index | undefined,
  name: string | undefined,
  operation: Document,
): DescribedDuplicate {
  const { database, target } = context.command;
  const start = `E11000 duplicate key error collection: ${database}.${target} index: ${name ?? 'unknown'}`;
  if (index === undefined) return { message: `${start} dup key`, extra: {} };
  const keyValue: Document = {};
  for (const path of Object.keys(index.key)) {
    const value = newValue(operation, path);
    if (value !== undefined) keyValue[path] = value;
  }
  const shown = Object.entries(keyValue).map(([path, value]) => `${path}: ${JSON.stringify(value)}`);
  return {
    message: `${start} dup key: { ${shown.join(', ')} }`,
    extra: { keyPattern: index.key, ...(shown.length === 0 ? {} : { keyValue }) },
  };
}

/** What the operation would have put at this path: in a document, a replacement, a modifier, or its own filter. */
function newValue(operation: Document, path: string): unknown {
  const update: unknown = operation['u'] ?? operation['update'];
  const filter: unknown = operation['q'] ?? operation['query'];
  const sources: unknown[] = [];
  if (isDocument(update)) {
    sources.push(update['$set'], update['$setOnInsert'], update);
    if (isDocument(filter)) sources.push(filter);
  } else sources.push(operation);
  for (const source of sources) {
    if (!isDocument(source)) continue;
    const value = source[path] ?? atPath(source, path);
    if (value !== undefined) return value;
  }
  return undefined;
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function atPath(document: Document, path: string): unknown {
  let current: unknown = document;
  for (const part of path.split('.')) {
    if (!isDocument(current)) return undefined;
    current = current[part];
  }
  return current;
}
