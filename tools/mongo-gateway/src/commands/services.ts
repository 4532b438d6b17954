import type { ScramConversation, ScramVerifier } from '../auth/scram.js';
import type { PostgresPool } from '../postgres/pool.js';
import type { Parameter, Row, Statement } from '../postgres/messages.js';
import type { CursorRegistry } from '../session/cursors.js';
import type { ReplyCache } from '../session/reply-cache.js';
import type { TransactionRegistry } from '../session/transactions.js';
import type { Turns, TurnsByName } from '../session/turns.js';
import type { Command } from './command.js';

/** What all commands of one gateway share. */
export interface Services {
  readonly pool: PostgresPool;
  readonly cursors: CursorRegistry;
  readonly transactions: TransactionRegistry;
  readonly replies: ReplyCache;
  readonly definitions: Turns;
  /** What lost a conflict runs again one after the other, by collection. */
  readonly repetitions: TurnsByName;
  readonly verifier: ScramVerifier;
  /** `host:port` under which clients reach the gateway; drivers that discover servers connect to it. */
  readonly address: () => string;
  readonly startedAt: Date;
  readonly connections: () => number;
}

/** What the gateway remembers of one client connection. */
export interface ClientState {
  readonly id: number;
  authenticated: boolean;
  conversation: ScramConversation | undefined;
}

/** Runs one statement where the command belongs: on its transaction's connection, or on any. */
export type Run = (statement: Statement, parameters: readonly Parameter[]) => Promise<Row[]>;

export interface Context {
  readonly command: Command;
  readonly services: Services;
  readonly client: ClientState;
  readonly run: Run;
}

/** Answers one command with the bytes of its reply document. */
export type Handler = (context: Context) => Promise<Buffer> | Buffer;
