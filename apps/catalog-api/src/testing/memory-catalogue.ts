import { createLogger } from '#observability';
import type { MongoConnection } from '#persistence';
import { memoryCollection } from '#persistence/testing';
import { catalogueIndexes } from '#scicat-database';
import { Catalogue } from '../persistence/catalogue.js';

/** The catalogue in memory, with its unique indexes: what is proven on it and on a real one alike is decided in milliseconds. */
export function memoryCatalogue(): Catalogue {
  const collections = new Map<string, ReturnType<typeof memoryCollection>>();
  const collection = (name: string): ReturnType<typeof memoryCollection> => {
    const known = collections.get(name) ?? memoryCollection({ unique: uniqueIn(name), beside: collection });
    collections.set(name, known);
    return known;
  };
  const mongo = { connection: { collection } } as unknown as MongoConnection;
  return new Catalogue(mongo, createLogger('memory-catalogue', 'silent'));
}

function uniqueIn(name: string): string[][] {
  return catalogueIndexes
    .filter((index) => index.collection === name && index.options?.unique === true)
    .map(({ keys }) => Object.keys(keys));
}
