import { messageOf } from '#kernel';
import {
  catalogueIndexes,
  supersededTextIndex,
  type CatalogueIndex,
  wordsField,
  type StoredTextIndex,
} from '#scicat-database';
import type { Database } from '../database.js';
import { settle, type Step } from './inspection.js';

/** An index as the database describes it. */
export interface StoredIndex extends StoredTextIndex {
  readonly unique?: boolean;
  readonly partialFilterExpression?: object;
}

/** Indexes that queries of catalog-api need and the database does not have, under whatever name. */
export const checkIndexes: Step = {
  label: 'indexes',
  run: async (inspection) => {
    const { database, say } = inspection;
    const stored = new Map<string, StoredIndex[]>();
    for (const index of catalogueIndexes) {
      const { collection, name, keys, options, replaces } = index;
      const present = stored.get(collection) ?? (await indexesOf(database, collection));
      stored.set(collection, present);
      if (present.some((candidate) => serves(candidate, index))) continue;
      const finding = {
        kind: 'missing index',
        collection,
        subject: name,
        id: name,
        detail: JSON.stringify(keys),
      } as const;
      await settle(inspection, finding, async () => {
        try {
          const old = Object.values(keys).includes('text') ? supersededTextIndex(present) : undefined;
          if (old !== undefined) await database.collection(collection).dropIndex(old);
          await database.collection(collection).createIndex(keys, { name, ...options });
          if (present.some((candidate) => candidate.name === replaces))
            await database.collection(collection).dropIndex(replaces!);
          return true;
        } catch (error) {
          say(`could not create the index ${name} of ${collection}: ${messageOf(error)}`);
          return false;
        }
      });
    }
  },
};

/** Whether an index that is there does what the wanted one would. */
export function serves(stored: StoredIndex, { keys, options = {} }: CatalogueIndex): boolean {
  if (options.unique === true && stored.unique !== true) return false;
  if (options.partialFilterExpression === undefined && stored.partialFilterExpression !== undefined)
    return false;
  const isText = Object.values(keys).includes('text');
  // A collection has one text index at most, and the database keeps its keys in a form of its own.
  if (isText) return stored.key['_fts'] === 'text' && Object.keys(stored.weights ?? {}).join() === wordsField;
  return JSON.stringify(Object.entries(stored.key).map(plain)) === JSON.stringify(Object.entries(keys));
}

/** Directions may be stored as Int32, Double or Long. */
function plain([field, direction]: [string, unknown]): [string, unknown] {
  return [field, typeof direction === 'string' ? direction : Number(direction)];
}

async function indexesOf(database: Database, collection: string): Promise<StoredIndex[]> {
  try {
    return await database.collection(collection).indexes();
  } catch (error) {
    const namespaceNotFound = 26;
    if ((error as { code?: unknown }).code === namespaceNotFound) return [];
    throw error;
  }
}
