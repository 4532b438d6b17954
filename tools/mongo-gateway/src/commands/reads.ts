import { serialize } from 'bson';
import { STATEMENTS } from '../postgres/statements.js';
import type { Row, Statement } from '../postgres/messages.js';
import { MongoError } from '../errors/mongo-error.js';
import type { Command } from './command.js';
import type { Context, Handler } from './services.js';

const ENGINE_FAILED = 1;

/** The column that must be there when the engine answered at all. */
export function column(rows: readonly Row[], index = 0): Buffer {
  const value = rows[0]?.[index];
  if (value === null || value === undefined)
    throw new MongoError(ENGINE_FAILED, 'the engine returned no result');
  return value;
}

/** A command that opens a cursor: hands on the first page and keeps the rest for getMore. */
function cursorCommand(
  statement: Statement,
  namespace: (context: Context) => string,
  bodyOf = (command: Command) => command.body(),
): Handler {
  return async (context) => {
    const { command, services } = context;
    const rows = await context.run(statement, [command.database, bodyOf(command)]);
    const page = column(rows);
    const continuation = rows[0]?.[1];
    if (continuation !== null && continuation !== undefined) {
      services.cursors.keep(column(rows, 2).readBigInt64BE(0), namespace(context), continuation);
    }
    return page;
  };
}

const ofCollection = ({ command }: Context): string =>
  `${command.database}.${command.target ?? '$cmd.aggregate'}`;

const asSnapshot = (command: Command): Buffer => command.snapshotBody();

export const find = cursorCommand(STATEMENTS.find, ofCollection, asSnapshot);
export const aggregate = cursorCommand(STATEMENTS.aggregate, ofCollection, asSnapshot);
export const listIndexes = cursorCommand(STATEMENTS.listIndexes, ofCollection);
export const listCollections = cursorCommand(
  STATEMENTS.listCollections,
  ({ command }) => `${command.database}.$cmd.listCollections`,
);

export const getMore: Handler = async ({ command, services, run }) => {
  const id = command.integer('getMore');
  const collection = command.string('collection');
  if (id === undefined || collection === undefined) {
    throw new MongoError(14, 'getMore needs the cursor id as a long and the name of its collection');
  }
  const namespace = `${command.database}.${collection}`;
  return services.cursors.use(id, namespace, async (continuation) => {
    const rows = await run(STATEMENTS.getMore, [command.database, command.body(), continuation]);
    const next = rows[0]?.[1];
    if (next !== null && next !== undefined) services.cursors.keep(id, namespace, next);
    return column(rows);
  });
};

export const killCursors: Handler = ({ command, services }) => {
  const ids = (command.document()['cursors'] ?? []) as (number | { toBigInt(): bigint })[];
  const outcome = { cursorsKilled: [] as unknown[], cursorsNotFound: [] as unknown[] };
  for (const id of ids) {
    const key = typeof id === 'number' ? BigInt(id) : id.toBigInt();
    (services.cursors.kill(key) ? outcome.cursorsKilled : outcome.cursorsNotFound).push(key);
  }
  return Buffer.from(serialize({ ...outcome, cursorsAlive: [], cursorsUnknown: [], ok: 1 }));
};

function singleResult(statement: Statement): Handler {
  return async ({ command, run }) => column(await run(statement, [command.database, command.body()]));
}

export const count = singleResult(STATEMENTS.count);
export const distinct = singleResult(STATEMENTS.distinct);
export const validate = singleResult(STATEMENTS.validate);
