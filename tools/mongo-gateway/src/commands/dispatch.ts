import {
  isConflict,
  isConnectionLoss,
  MongoError,
  neverHappened,
  RETRYABLE_WRITE,
  toMongoError,
  TRANSIENT_TRANSACTION,
  WRITE_CONFLICT,
} from '../errors/mongo-error.js';
import type { Row } from '../postgres/messages.js';
import type { IncomingMessage } from '../wire/message.js';
import { Command } from './command.js';
import { COMMANDS, type CommandSpecification } from './registry.js';
import type { ClientState, Context, Run, Services } from './services.js';

/** How long a single statement is repeated while it loses against concurrent ones. */
const CONFLICT_PATIENCE_MILLISECONDS = 30_000;
const RECONNECT_PAUSE_MILLISECONDS = 50;
const UNAUTHORIZED = 13;
const COMMAND_NOT_FOUND = 59;
const UNSUPPORTED_QUERY = 352;

/** Runs one command and returns the bytes of its reply; failures become replies, nothing is thrown. */
export async function answer(
  message: IncomingMessage,
  client: ClientState,
  services: Services,
): Promise<Buffer> {
  try {
    const command = new Command(message);
    const specification = admit(command, message, client);
    return await execute(command, specification, client, services);
  } catch (error) {
    return toMongoError(error).toReply();
  }
}

function admit(command: Command, message: IncomingMessage, client: ClientState): CommandSpecification {
  const specification = COMMANDS.get(command.name);
  if (!client.authenticated && specification?.open !== true) {
    throw new MongoError(UNAUTHORIZED, `Command ${command.name} requires authentication`);
  }
  if (specification === undefined) {
    throw new MongoError(COMMAND_NOT_FOUND, `no such command: '${command.name}'`);
  }
  if (message.legacy && specification.open !== true) {
    throw new MongoError(UNSUPPORTED_QUERY, `Unsupported OP_QUERY command: ${command.name}`);
  }
  return specification;
}

function execute(
  command: Command,
  specification: CommandSpecification,
  client: ClientState,
  services: Services,
): Promise<Buffer> {
  const { session, transactionNumber } = command;
  const handle = async (run: Run): Promise<Buffer> => {
    const context: Context = { command, client, services, run };
    return specification.handler(context);
  };
  const alone = (): Promise<Buffer> => handle(runAlone(services, command, specification.readOnly === true));
  if (session === undefined || transactionNumber === undefined || specification.endsTransaction === true) {
    return alone();
  }
  if (command.inTransaction) return inTransaction(command, session, transactionNumber, services, handle);
  return services.replies
    .once(session, transactionNumber, alone)
    .catch((error: unknown) => Promise.reject(asRetryable(error)));
}

/** The driver may send the write again only when it surely had no effect. */
function asRetryable(error: unknown): MongoError {
  const translated = toMongoError(error);
  return neverHappened(error) ? translated.withLabel(RETRYABLE_WRITE) : translated;
}

async function inTransaction(
  command: Command,
  session: string,
  number: bigint,
  services: Services,
  handle: (run: Run) => Promise<Buffer>,
): Promise<Buffer> {
  const { transactions } = services;
  try {
    const connection = await transactions.connection(session, number, command.startsTransaction);
    return await handle((statement, parameters) => connection.execute(statement, parameters));
  } catch (error) {
    await transactions.abandon(session, number);
    const translated = toMongoError(error);
    const transient = translated.code === WRITE_CONFLICT || isConnectionLoss(error);
    throw transient ? translated.withLabel(TRANSIENT_TRANSACTION) : translated;
  }
}

/**
 * Statements outside transactions run on any connection. Those that lost a conflict had no effect and run again, in turns:
 * the last of them meets nobody but newcomers (see completeWrite, whose rounds are turns of their own around these).
 */
function runAlone({ pool, repetitions }: Services, command: Command, readOnly: boolean): Run {
  const deadline = Date.now() + CONFLICT_PATIENCE_MILLISECONDS;
  const place = `statements of ${command.database}.${command.target ?? ''}`;
  return async (statement, parameters) => {
    const attempt = async (): Promise<Row[]> => {
      const connection = await pool.acquire();
      try {
        return await connection.execute(statement, parameters);
      } finally {
        pool.release(connection);
      }
    };
    let mayReconnect = readOnly;
    for (let next = attempt; ;) {
      try {
        return await next();
      } catch (error) {
        const lost = isConnectionLoss(error);
        const again = isConflict(error) || (mayReconnect && lost);
        if (!again || Date.now() > deadline) throw error;
        if (lost) {
          mayReconnect = false;
          await pause(RECONNECT_PAUSE_MILLISECONDS);
        } else {
          next = () =>
            repetitions.take(place, () => {
              // The turn may have come late: who asked has given up, and the others wait.
              if (Date.now() > deadline) throw error;
              return attempt();
            });
        }
      }
    }
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
