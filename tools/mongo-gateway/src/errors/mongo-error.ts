import { serialize, type Document } from 'bson';
import { codeName, codeOfSqlState } from './codes.js';
import { PostgresConnectionLost, PostgresError, PostgresUnreachable } from '../postgres/messages.js';

export const TRANSIENT_TRANSACTION = 'TransientTransactionError';
export const RETRYABLE_WRITE = 'RetryableWriteError';
export const WRITE_CONFLICT = 112;
export const DUPLICATE_KEY = 11000;
const SHUT_DOWN = 11600;
const INTERNAL = 1;

/** A failed command, in MongoDB's terms. */
export class MongoError extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly labels: readonly string[] = [],
    readonly extra: Document = {},
  ) {
    super(message);
  }

  withLabel(label: string): MongoError {
    return this.labels.includes(label)
      ? this
      : new MongoError(this.code, this.message, [...this.labels, label], this.extra);
  }

  /** The reply document a client receives. */
  toReply(): Buffer {
    const labels = this.labels.length === 0 ? {} : { errorLabels: [...this.labels] };
    const { code, message } = this;
    const head = { ok: 0, errmsg: message, code, codeName: codeName(code) };
    return Buffer.from(serialize({ ...head, ...labels, ...this.extra }));
  }
}

/** Translates whatever was thrown while a command ran. */
export function toMongoError(error: unknown): MongoError {
  if (error instanceof MongoError) return error;
  if (error instanceof PostgresConnectionLost) {
    return new MongoError(SHUT_DOWN, `the connection to PostgreSQL was lost: ${error.message}`);
  }
  if (error instanceof PostgresError) return new MongoError(codeOfSqlState(error.sqlState), error.message);
  return new MongoError(INTERNAL, error instanceof Error ? error.message : String(error));
}

/** Whether the failure is PostgreSQL's absence rather than an answer of it. */
export function isConnectionLoss(error: unknown): boolean {
  return error instanceof PostgresConnectionLost;
}

/** Whether the statement surely never reached PostgreSQL. */
export function neverHappened(error: unknown): boolean {
  return error instanceof PostgresUnreachable;
}

/** Whether the statement lost against a concurrent one and had no effect, so that it may simply run again. */
export function isConflict(error: unknown): boolean {
  return error instanceof PostgresError && codeOfSqlState(error.sqlState) === WRITE_CONFLICT;
}
