import { mongo } from 'mongoose';
import { AskedTogether } from '#kernel';

type Stored = Readonly<Record<string, unknown>>;

/** What is needed of a collection to store records. */
interface Insertable {
  insertMany(documents: never[], options: { ordered: false }): Promise<unknown>;
  insertOne(document: never): Promise<unknown>;
}

/** Documents that one insert stores at most. */
const maxStored = 32;
/** Bytes above which a document travels alone: many of them would be a message of its own size. */
const largeDocument = 100_000;

/**
 * Stores new documents; those that come at one time by one write. Each is acknowledged for itself: one that the database refuses
 * fails alone, as it would have alone.
 */
export class StoredTogether {
  private readonly small: AskedTogether<Stored, void>;

  constructor(private readonly records: () => Insertable) {
    this.small = new AskedTogether<Stored, void>((documents) => this.storeAll(documents), {
      most: maxStored,
      gathering: 0,
    });
  }

  /** @throws MongoServerError 11000 when the id (or another unique field) is taken */
  async store(document: Stored): Promise<void> {
    if (isLarge(document)) await this.records().insertOne(document as never);
    else await this.small.of(document);
  }

  private async storeAll(documents: readonly Stored[]): Promise<(void | Error)[]> {
    if (documents.length === 1) {
      await this.records().insertOne(documents[0]! as never);
      return [];
    }
    try {
      await this.records().insertMany([...documents] as never[], { ordered: false });
      return [];
    } catch (error) {
      const refused = refusedIn(error);
      if (refused === undefined) throw error;
      return documents.map((_document, index) => refused.get(index));
    }
  }
}

/** Whether a document is large, or nearly: to count its bytes exactly costs as much as to write them. */
function isLarge(document: Stored): boolean {
  return roomAfter(document, largeDocument) < 0;
}

/** Bytes of a value's own, whatever it is, and of its name: type, length, end. */
const least = 16;
/** UTF-8 bytes that a UTF-16 unit takes at most. */
const bytesOfUnit = 3;

/** What is left of so many bytes after the value; no more of it is looked at than fits. */
function roomAfter(value: unknown, room: number): number {
  let left = room - least;
  if (typeof value === 'string') return left - value.length * bytesOfUnit;
  if (typeof value !== 'object' || value === null || value instanceof Date) return left;
  if (ArrayBuffer.isView(value)) return left - value.byteLength;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && left >= 0; index += 1) left = roomAfter(value[index], left);
    return left;
  }
  for (const name in value) {
    left = roomAfter((value as Stored)[name], left) - name.length * bytesOfUnit;
    if (left < 0) break;
  }
  return left;
}

/** What was refused, by its place, where the database has told of each; undefined: nothing is known of any of them. */
function refusedIn(error: unknown): ReadonlyMap<number, Error> | undefined {
  if (!(error instanceof mongo.MongoBulkWriteError)) return undefined;
  // Whether the others are safe is not known either.
  if (error.result.getWriteConcernError() !== undefined) return undefined;
  const errors = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  if (errors.length === 0) return undefined;
  return new Map(
    errors.map(({ code, errmsg = '', index }) => [
      index,
      new mongo.MongoServerError({ message: errmsg, errmsg, code }),
    ]),
  );
}
