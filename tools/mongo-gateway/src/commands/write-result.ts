import type { Document } from 'bson';
import { booleanValue, elementsOf } from '../bson/elements.js';
import { DUPLICATE_KEY, WRITE_CONFLICT } from '../errors/mongo-error.js';

export interface EngineWriteError extends Document {
  index: number;
  code: number;
  errmsg: string;
}

interface Upserted extends Document {
  index: number;
}

/** The outcome of a write command that took several rounds, with positions as the client counts them. */
export class WriteResult {
  errors: EngineWriteError[] = [];
  /** Operations an ordered write has not come to, because one before them failed. */
  waiting: number[] = [];
  private readonly upserted: Upserted[] = [];
  private n = 0;
  private nModified: number | undefined;

  constructor(private readonly ordered: boolean) {}

  /** Adds the reply to a round in which the operations at these positions ran. */
  add(reply: Document, positions: readonly number[]): void {
    const place = <Entry extends { index: number }>(entry: Entry): Entry => {
      return { ...entry, index: positions[entry.index] ?? entry.index };
    };
    const errors = ((reply['writeErrors'] ?? []) as EngineWriteError[]).map(place);
    this.n += Number(reply['n'] ?? 0);
    if (reply['nModified'] !== undefined) this.nModified = (this.nModified ?? 0) + Number(reply['nModified']);
    this.upserted.push(...((reply['upserted'] ?? []) as Upserted[]).map(place));
    const ran = new Set(positions);
    this.errors = [...this.errors.filter(({ index }) => !ran.has(index)), ...errors];
    this.errors.sort((left, right) => left.index - right.index);
    const [failed] = errors;
    this.waiting =
      this.ordered && failed !== undefined ? positions.filter((index) => index > failed.index) : [];
  }

  toReply(): Document {
    return {
      n: this.n,
      ...(this.nModified === undefined ? {} : { nModified: this.nModified }),
      ...(this.upserted.length === 0 ? {} : { upserted: this.upserted }),
      ...(this.errors.length === 0 ? {} : { writeErrors: this.errors }),
      ok: 1,
    };
  }
}

/** Positions of the operations that should run again: they lost a conflict, or come after one that did. */
export function repeatedOperations(
  result: WriteResult,
  operations: readonly Buffer[],
  repeatUpserts: boolean,
): number[] {
  const again = result.errors.filter(
    ({ code, index }) =>
      code === WRITE_CONFLICT || (repeatUpserts && code === DUPLICATE_KEY && isUpsert(operations[index])),
  );
  if (again.length === 0) return [];
  return [...again.map(({ index }) => index), ...result.waiting];
}

function isUpsert(operation: Buffer | undefined): boolean {
  if (operation === undefined) return false;
  const element = elementsOf(operation).find(({ name }) => name === 'upsert');
  return booleanValue(operation, element) === true;
}
