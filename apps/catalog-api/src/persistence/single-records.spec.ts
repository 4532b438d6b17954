import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from '#observability';
import type { OutboxRelay } from '#outbox';
import type { MongoConnection } from '#persistence';
import { memoryCollection } from '#persistence/testing';
import { Catalogue } from './catalogue.js';
import { DatasetClaimRecords } from './dataset-claim-records.js';

const relay = { wake: () => undefined } as unknown as OutboxRelay;

/** A new database: unique indexes hold once they are made, and each one is made when the test says so. */
function newDatabase() {
  const unique = new Map<string, string[][]>();
  const collections = new Map<string, ReturnType<typeof memoryCollection>>();
  const waiting: (() => void)[] = [];
  const collection = (name: string) => {
    const keys = unique.get(name) ?? [];
    unique.set(name, keys);
    const known = collections.get(name) ?? memoryCollection({ unique: keys });
    collections.set(name, known);
    const createIndex = async (fields: object, options: { unique?: boolean } = {}) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      if (options.unique === true) keys.push(Object.keys(fields));
    };
    return Object.assign(Object.create(known) as object, { createIndex, indexes: () => Promise.resolve([]) });
  };
  const mongo = { connection: { collection }, whenReady: () => Promise.resolve() };
  return {
    catalogue: new Catalogue(mongo as unknown as MongoConnection, createLogger('spec', 'silent')),
    /** Makes the index that is asked for. @returns whether one was */
    makeOne: async () => {
      const make = waiting.shift();
      make?.();
      await new Promise(setImmediate);
      return make !== undefined;
    },
  };
}

describe('On a new database', () => {
  it('two jobs never get one dataset: claims wait for the index that keeps them single', async () => {
    const { catalogue, makeOne } = newDatabase();
    catalogue.onApplicationBootstrap();
    const records = new DatasetClaimRecords(catalogue, relay);
    const claim = (jobId: string) =>
      records.claim({ jobId, workflow: 'archive', exclusive: true, at: new Date() }, [
        { pid: 'p', before: {} },
      ]);
    const outcomes: boolean[] = [];
    const both = ['one', 'other'].map((jobId) => claim(jobId).then((isHeld) => outcomes.push(isHeld)));
    await new Promise(setImmediate);
    assert.deepEqual(outcomes, [], 'claimed before the index was there');
    while (outcomes.length < 2) assert.ok(await makeOne(), 'the claims wait for more than the indexes');
    await Promise.all(both);
    assert.deepEqual(outcomes.sort(), [false, true]);
  });
});
