import { serialize } from 'bson';
import { MongoError } from '../errors/mongo-error.js';
import type { Command } from './command.js';
import type { Handler } from './services.js';

const OK = Buffer.from(serialize({ ok: 1 }));

function transactionOf(command: Command): { session: string; number: bigint } {
  const { session, transactionNumber } = command;
  if (session === undefined || transactionNumber === undefined) {
    throw new MongoError(72, `${command.name} needs lsid and txnNumber`);
  }
  return { session, number: transactionNumber };
}

export const commitTransaction: Handler = async ({ command, services }) => {
  const { session, number } = transactionOf(command);
  await services.transactions.commit(session, number);
  return OK;
};

export const abortTransaction: Handler = async ({ command, services }) => {
  const { session, number } = transactionOf(command);
  await services.transactions.abort(session, number);
  return OK;
};

/** endSessions and killSessions: rolls back what is open and forgets the sessions. */
export const endSessions: Handler = ({ command, services }) => {
  const sessions = (command.document()[command.name] ?? []) as { id?: { buffer?: Uint8Array } }[];
  for (const { id } of sessions) {
    if (id?.buffer === undefined) continue;
    const session = Buffer.from(id.buffer).toString('latin1');
    services.transactions.forgetSession(session);
    services.replies.forgetSession(session);
  }
  return OK;
};

export const acknowledge: Handler = () => OK;
