import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mongo as driver } from 'mongoose';
import { createLogger } from '#observability';
import { MongoConnection } from './mongo-connection.js';

describe('Work of the start', () => {
  let mongo: MongoConnection;
  before(() => {
    mongo = new MongoConnection(
      { uri: process.env['MONGODB_URI'] ?? '', appName: 'test' },
      createLogger('test', 'silent'),
    );
  });
  after(() => mongo.close());

  it('is done again when the database goes away in the midst of it', async () => {
    let attempts = 0;
    await mongo.afterStart('a test', () => {
      attempts += 1;
      return attempts === 1
        ? Promise.reject(new driver.MongoNetworkError('connection closed'))
        : Promise.resolve();
    });
    assert.equal(attempts, 2);
  });

  it('is given up when it fails for another reason', async () => {
    const reason = new Error('an index with other keys is there');
    await assert.rejects(
      mongo.afterStart('a test', () => Promise.reject(reason)),
      reason,
    );
  });

  it('is not done any more when the process ends', async () => {
    const ending = new MongoConnection(
      { uri: process.env['MONGODB_URI'] ?? '', appName: 'test' },
      createLogger('test', 'silent'),
    );
    await ending.whenReady();
    await ending.afterStart('a test', async () => {
      await ending.close();
      throw new driver.MongoNotConnectedError('closed');
    });
  });
});

describe('The connection to the database', () => {
  it('has each write acknowledged by a majority and its journal, whatever its address says', async () => {
    const uri = process.env['MONGODB_URI'] ?? '';
    for (const weak of ['w=1&journal=false', 'w=0', 'journal=false']) {
      const address = `${uri}${uri.includes('?') ? '&' : '?'}${weak}`;
      const mongo = new MongoConnection({ uri: address, appName: 'test' }, createLogger('test', 'silent'));
      try {
        await mongo.whenReady();
        const { db } = mongo.connection;
        assert.deepEqual([db?.writeConcern?.w, db?.writeConcern?.journal], ['majority', true], weak);
      } finally {
        await mongo.close();
      }
    }
  });
});
