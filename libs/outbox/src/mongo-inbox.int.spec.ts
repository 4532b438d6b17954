import { after, before } from 'node:test';
import { newId, SystemClock } from '#kernel';
import { inboxConformance } from '#messaging/testing';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { MongoInbox } from './mongo-inbox.js';

let mongo: MongoConnection;
let inbox: MongoInbox;

before(async () => {
  const uri = new URL(process.env['MONGODB_URI'] ?? '');
  uri.pathname = `/inbox-${newId().slice(0, 8)}`;
  const logger = createLogger('mongo-inbox.int.spec', 'silent');
  mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
  await mongo.whenReady();
  inbox = new MongoInbox(mongo.connection, new SystemClock());
  await inbox.createIndexes();
});
after(async () => {
  await mongo.connection.dropDatabase();
  await mongo.close();
});

inboxConformance('The inbox in MongoDB', () => inbox);
