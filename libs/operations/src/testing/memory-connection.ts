import type { Connection } from 'mongoose';
import { memoryCollection } from '#persistence/testing';

/** A database in memory: each collection when it is first asked for. */
export function memoryConnection(): Connection {
  const collections = new Map<string, object>();
  const collection = (name: string): object => {
    const found = collections.get(name) ?? memoryCollection();
    collections.set(name, found);
    return found;
  };
  return { collection } as unknown as Connection;
}
