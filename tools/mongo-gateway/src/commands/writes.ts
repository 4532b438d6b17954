import { deserialize, serialize, type Document } from 'bson';
import { codeOfSqlState, unpackSqlState } from '../errors/codes.js';
import { DUPLICATE_KEY, MongoError, WRITE_CONFLICT } from '../errors/mongo-error.js';
import type { Statement } from '../postgres/messages.js';
import { STATEMENTS } from '../postgres/statements.js';
import { describeDuplicate, duplicateFromError, operationAt } from './duplicate-key.js';
import { column } from './reads.js';
import type { Context, Handler } from './services.js';

interface EngineWriteError extends Document {
  index: number;
  code: number;
  errmsg: string;
}

/** insert, update and delete: the documents may stand in the body or beside it. */
function writeCommand(statement: Statement, sequenceName: string): Handler {
  return async (context) => {
    const { command } = context;
    const sequence = command.sequences.get(sequenceName) ?? null;
    const rows = await context.run(statement, [command.database, command.body(), sequence]);
    const result = column(rows);
    const succeeded = rows[0]?.[1]?.[0] === 1;
    return succeeded ? result : translateWriteErrors(context, result, sequenceName);
  };
}

export const insert = writeCommand(STATEMENTS.insert, 'documents');
export const update = writeCommand(STATEMENTS.update, 'updates');
export const remove = writeCommand(STATEMENTS.delete, 'deletes');

export const findAndModify: Handler = async (context) => {
  const { command, run } = context;
  try {
    return column(await run(STATEMENTS.findAndModify, [command.database, command.body()]));
  } catch (error) {
    const duplicate = await duplicateFromError(context, error, () => command.document());
    throw duplicate ?? error;
  }
};

/** Gives the engine's write errors MongoDB's codes, and duplicate keys the message and fields drivers know. */
async function translateWriteErrors(context: Context, result: Buffer, sequenceName: string): Promise<Buffer> {
  const reply = deserialize(result);
  const writeErrors = (reply['writeErrors'] ?? []) as EngineWriteError[];
  for (const writeError of writeErrors) {
    writeError.code = codeOfSqlState(unpackSqlState(writeError.code));
    if (writeError.code !== DUPLICATE_KEY) continue;
    const operation = operationAt(context.command, sequenceName, writeError.index);
    const described = await describeDuplicate(context, writeError.errmsg, operation);
    writeError.errmsg = described.message;
    Object.assign(writeError, described.extra);
  }
  const conflict = writeErrors.find(({ code }) => code === WRITE_CONFLICT);
  if (conflict !== undefined && context.command.inTransaction) {
    throw new MongoError(WRITE_CONFLICT, conflict.errmsg);
  }
  return Buffer.from(serialize(reply));
}
