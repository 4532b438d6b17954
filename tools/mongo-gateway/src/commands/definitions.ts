import { deserialize, serialize, type Document } from 'bson';
import { codeOfSqlState } from '../errors/codes.js';
import { DUPLICATE_KEY, MongoError } from '../errors/mongo-error.js';
import { PostgresError, type Statement } from '../postgres/messages.js';
import { STATEMENTS } from '../postgres/statements.js';
import { column } from './reads.js';
import type { Context, Handler } from './services.js';

const bson = (document: Document): Buffer => Buffer.from(serialize(document));

/** Definitions change one after the other (see Turns); inside a transaction the order is the client's own. */
function oneAtATime(handler: Handler): Handler {
  return (context) => {
    if (context.command.inTransaction) return handler(context);
    return context.services.definitions.take(async () => handler(context));
  };
}

const withBody = (statement: Statement): Handler =>
  oneAtATime(async ({ command, run }) => column(await run(statement, [command.database, command.body()])));

export const create = withBody(STATEMENTS.create);
export const dropIndexes: Handler = oneAtATime(async ({ command, run }) => {
  const result = column(await run(STATEMENTS.dropIndexes, [command.database, command.body()]));
  // The engine says `ok: true` here, drivers compare with 1.
  return bson({ ...deserialize(result), ok: 1 });
});

/** Indexes are built at once and the reply waits for them; writers of that collection wait as well. */
export const createIndexes: Handler = oneAtATime(async ({ command, run }) => {
  try {
    const result = deserialize(
      column(await run(STATEMENTS.createIndexes, [command.database, command.body()])),
    );
    const shard = Object.values((result['raw'] ?? {}) as Document)[0] as Document | undefined;
    return bson({ ...shard, ok: result['ok'] as number });
  } catch (error) {
    throw duplicateWhileBuilding(error, `${command.database}.${command.target}`);
  }
});

function duplicateWhileBuilding(error: unknown, namespace: string): unknown {
  const isDuplicate = error instanceof PostgresError && codeOfSqlState(error.sqlState) === DUPLICATE_KEY;
  if (!isDuplicate) return error;
  const message = `E11000 duplicate key error collection: ${namespace}: ${error.message}`;
  return new MongoError(DUPLICATE_KEY, message);
}

export const drop: Handler = oneAtATime(async ({ command, run }) => {
  const collection = command.collection();
  await run(STATEMENTS.drop, [command.database, collection]);
  return bson({ ns: `${command.database}.${collection}`, ok: 1 });
});

export const dropDatabase: Handler = oneAtATime(async ({ command, run }) => {
  await run(STATEMENTS.dropDatabase, [command.database]);
  return bson({ dropped: command.database, ok: 1 });
});

export const renameCollection: Handler = oneAtATime(async ({ command, run }) => {
  await run(STATEMENTS.rename, [command.body()]);
  return bson({ ok: 1 });
});

export const collMod: Handler = oneAtATime(async ({ command, run }) =>
  column(await run(STATEMENTS.collMod, [command.database, command.collection(), command.body()])),
);

const scale = ({ command }: Context): string => String(command.integer('scale') ?? 1n);

export const collStats: Handler = async (context) => {
  const { command, run } = context;
  return column(await run(STATEMENTS.collStats, [command.database, command.collection(), scale(context)]));
};

export const dbStats: Handler = async (context) =>
  column(await context.run(STATEMENTS.dbStats, [context.command.database, scale(context)]));

export const listDatabases: Handler = async ({ command, run }) =>
  column(await run(STATEMENTS.listDatabases, [command.body()]));
