import { MongoError, toMongoError, TRANSIENT_TRANSACTION } from '../errors/mongo-error.js';
import type { PostgresConnection } from '../postgres/connection.js';
import type { PostgresPool } from '../postgres/pool.js';
import { ExpiringMap } from './expiring-map.js';

interface Transaction {
  readonly number: bigint;
  state: 'open' | 'committed' | 'aborted';
  connection: PostgresConnection | undefined;
}

export interface TransactionLimits {
  /** Open transactions at once; each holds a PostgreSQL connection of its own. */
  readonly maximumOpen: number;
  /** An open transaction nobody uses for so long is rolled back. */
  readonly idleMilliseconds: number;
}

const REMEMBERED_SESSIONS = 10_000;

/** The multi-document transactions of all sessions: one PostgreSQL connection is held from first to last statement. */
export class TransactionRegistry {
  private readonly bySession: ExpiringMap<string, Transaction>;
  private open = 0;

  constructor(
    private readonly pool: PostgresPool,
    private readonly limits: TransactionLimits,
  ) {
    this.bySession = new ExpiringMap(
      { maximum: REMEMBERED_SESSIONS, idleMilliseconds: limits.idleMilliseconds },
      (_, transaction) => void this.end(transaction, 'ROLLBACK').catch(() => undefined),
    );
  }

  get openCount(): number {
    return this.open;
  }

  /** The connection on which the statements of this transaction run. */
  async connection(session: string, number: bigint, starts: boolean): Promise<PostgresConnection> {
    const known = this.bySession.get(session);
    if (starts) return this.start(session, number, known);
    if (known?.number !== number || known.state === 'aborted') throw noSuchTransaction(number);
    if (known.state === 'committed') throw new MongoError(256, `transaction ${number} has been committed`);
    return known.connection as PostgresConnection;
  }

  async commit(session: string, number: bigint): Promise<void> {
    const transaction = this.bySession.get(session);
    if (transaction?.number !== number || transaction.state === 'aborted') throw noSuchTransaction(number);
    if (transaction.state === 'committed') return;
    try {
      await this.end(transaction, 'COMMIT');
    } catch (error) {
      throw toMongoError(error).withLabel(TRANSIENT_TRANSACTION);
    }
  }

  /** Rolls back; a transaction that is already gone is reported, as MongoDB does. */
  async abort(session: string, number: bigint): Promise<void> {
    const transaction = this.bySession.get(session);
    if (transaction?.number !== number || transaction.state !== 'open') throw noSuchTransaction(number);
    await this.end(transaction, 'ROLLBACK');
  }

  /** Rolls back after a failed statement: PostgreSQL accepts nothing else on that connection any more. */
  async abandon(session: string, number: bigint): Promise<void> {
    const transaction = this.bySession.get(session);
    if (transaction?.number === number && transaction.state === 'open') {
      await this.end(transaction, 'ROLLBACK').catch(() => undefined);
    }
  }

  forgetSession(session: string): void {
    const transaction = this.bySession.take(session);
    if (transaction !== undefined) void this.end(transaction, 'ROLLBACK').catch(() => undefined);
  }

  sweep(): void {
    this.bySession.sweep();
  }

  close(): void {
    this.bySession.clear();
  }

  private async start(
    session: string,
    number: bigint,
    known: Transaction | undefined,
  ): Promise<PostgresConnection> {
    if (known !== undefined && number < known.number) {
      throw new MongoError(225, `transaction ${number} is older than ${known.number} of the same session`);
    }
    if (known?.number === number && known.state !== 'aborted') {
      throw new MongoError(117, `transaction ${number} has been started before`);
    }
    if (known?.state === 'open') await this.end(known, 'ROLLBACK');
    if (this.open >= this.limits.maximumOpen) {
      throw new MongoError(112, `${this.open} transactions are open, more are not accepted; try again`, [
        TRANSIENT_TRANSACTION,
      ]);
    }
    this.open += 1;
    const transaction: Transaction = { number, state: 'open', connection: undefined };
    try {
      transaction.connection = await this.pool.acquire();
    } catch (error) {
      this.open -= 1;
      throw error;
    }
    this.bySession.set(session, transaction);
    // Not awaited: BEGIN travels together with the first statement. Should it fail, that statement's failure tells.
    transaction.connection.run('BEGIN ISOLATION LEVEL REPEATABLE READ').catch(() => undefined);
    return transaction.connection;
  }

  private async end(transaction: Transaction, sql: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    if (transaction.state !== 'open') return;
    transaction.state = sql === 'COMMIT' ? 'committed' : 'aborted';
    this.open -= 1;
    const connection = transaction.connection as PostgresConnection;
    transaction.connection = undefined;
    try {
      await connection.run(sql);
      this.pool.release(connection);
    } catch (error) {
      transaction.state = 'aborted';
      this.pool.discard(connection);
      throw error;
    }
  }
}

function noSuchTransaction(number: bigint): MongoError {
  return new MongoError(251, `no transaction ${number} is open in this session`, [TRANSIENT_TRANSACTION]);
}
