export { isDatabaseAway, isDuplicateKey } from './database-error.js';
export { MongoConnection, type MongoOptions } from './mongo-connection.js';
