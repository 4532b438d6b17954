import { mongo } from 'mongoose';
import { AskedTogether } from '#kernel';

interface Stored {
  _id: string;
  [field: string]: unknown;
}

/** What is needed of a collection to store records. */
interface Insertable {
  insertMany(documents: Stored[], options: { ordered: false }): Promise<unknown>;
  insertOne(document: Stored): Promise<unknown>;
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
    });
  }

  /** @throws MongoServerError 11000 when the id (or another unique field) is taken */
  async store(document: Stored): Promise<void> {
    if (mongo.BSON.calculateObjectSize(document) > largeDocument) await this.records().insertOne(document);
    else await this.small.of(document);
  }

  private async storeAll(documents: readonly Stored[]): Promise<(void | Error)[]> {
    if (documents.length === 1) {
      await this.records().insertOne(documents[0]!);
      return [];
    }
    try {
      await this.records().insertMany([...documents], { ordered: false });
      return [];
    } catch (error) {
      const refused = refusedIn(error);
      if (refused === undefined) throw error;
      return documents.map((_document, index) => refused.get(index));
    }
  }
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
