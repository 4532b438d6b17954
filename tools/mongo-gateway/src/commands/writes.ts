import { deserialize, serialize, type Document } from 'bson';
import { codeOfSqlState, unpackSqlState } from '../errors/codes.js';
import { DUPLICATE_KEY, MongoError, WRITE_CONFLICT } from '../errors/mongo-error.js';
import type { Statement } from '../postgres/messages.js';
import { STATEMENTS } from '../postgres/statements.js';
import { describeDuplicate, duplicateFromError } from './duplicate-key.js';
import { column } from './reads.js';
import type { Context, Handler } from './services.js';
import { repeatedOperations, WriteResult, type EngineWriteError } from './write-result.js';

/** Concurrent upserts of one key: all but one collide, find the document on the next attempt, and update it. */
const UPSERT_ATTEMPTS = 5;
/** Rounds in which operations that lost a conflict run again. */
const CONFLICT_ROUNDS = 200;

/** insert, update and delete: the documents may stand in the body or beside it. */
function writeCommand(statement: Statement, name: string): Handler {
  return async (context) => {
    const { command, run } = context;
    const rows = await run(statement, [
      command.database,
      command.body(),
      command.sequences.get(name) ?? null,
    ]);
    const succeeded = rows[0]?.[1]?.[0] === 1;
    return succeeded ? column(rows) : completeWrite(context, statement, name, column(rows));
  };
}

export const insert = writeCommand(STATEMENTS.insert, 'documents');
export const update = writeCommand(STATEMENTS.update, 'updates');
export const remove = writeCommand(STATEMENTS.delete, 'deletes');

export const findAndModify: Handler = async (context) => {
  const { command, run } = context;
  for (let attempt = 1; ; attempt++) {
    try {
      return column(await run(STATEMENTS.findAndModify, [command.database, command.body()]));
    } catch (error) {
      const duplicate = await duplicateFromError(context, error, () => command.document());
      if (duplicate === undefined) throw error;
      const mayFindItNow = command.boolean('upsert') === true && !command.inTransaction;
      if (!mayFindItNow || attempt >= UPSERT_ATTEMPTS) throw duplicate;
    }
  }
};

/**
 * Finishes a write of which some operations failed: those that merely lost against a concurrent write run again,
 * the others are reported in MongoDB's terms.
 */
async function completeWrite(
  context: Context,
  statement: Statement,
  name: string,
  firstReply: Buffer,
): Promise<Buffer> {
  const { command, run, services } = context;
  const operations = command.operations(name);
  const ordered = command.boolean('ordered') !== false;
  const result = new WriteResult(ordered);
  result.add(
    readReply(firstReply),
    operations.map((_, index) => index),
  );
  for (let round = 1; !command.inTransaction; round++) {
    const repeated = repeatedOperations(result, operations, round <= UPSERT_ATTEMPTS);
    if (repeated.length === 0 || round > CONFLICT_ROUNDS) break;
    const sequence = Buffer.concat(repeated.map((index) => operations[index] as Buffer));
    // In turns, as writers of one unique key who all try again at once would all lose again, for ever on a slow machine:
    // the survivor of a deadlock waits for the next row of one that has already begun anew.
    const rows = await services.repetitions.take(
      `rounds of ${command.database}.${command.collection()}`,
      () => run(statement, [command.database, command.bodyWithout(name), sequence]),
    );
    result.add(readReply(column(rows)), repeated);
  }
  for (const error of result.errors) await describeError(context, error, operations);
  const conflict = result.errors.find(({ code }) => code === WRITE_CONFLICT);
  if (conflict !== undefined && command.inTransaction) throw new MongoError(WRITE_CONFLICT, conflict.errmsg);
  return Buffer.from(serialize(result.toReply()));
}

/** The engine's reply with MongoDB's codes in its write errors. */
function readReply(bytes: Buffer): Document {
  const reply = deserialize(bytes);
  for (const error of (reply['writeErrors'] ?? []) as EngineWriteError[]) {
    error.code = codeOfSqlState(unpackSqlState(error.code));
  }
  return reply;
}

async function describeError(
  context: Context,
  error: EngineWriteError,
  operations: readonly Buffer[],
): Promise<void> {
  if (error.code !== DUPLICATE_KEY) return;
  const operation = operations[error.index];
  const { message, extra } = await describeDuplicate(
    context,
    error.errmsg,
    operation === undefined ? {} : deserialize(operation),
  );
  error.errmsg = message;
  Object.assign(error, extra);
}
