export { isDatabaseAway, isDuplicateKey, isRefusedQuery } from './database-error.js';
export { MongoConnection, type MongoOptions } from './mongo-connection.js';
