export {
  databaseErrors,
  isDatabaseAway,
  isDuplicateKey,
  isRefusedLanguage,
  isRefusedQuery,
  isTooSlow,
} from './database-error.js';
export { EarlyRequests, type EarlyRequest } from './early-requests.js';
export { isThere } from './is-there.js';
export { MongoConnection, type MongoOptions } from './mongo-connection.js';
export { rowsById, rowsWithIds, wholeListById, type RowsOptions } from './rows-by-id.js';
export { conditionsOf, stepOf, type Step } from './steps.js';
export { UniqueIndexes } from './unique-indexes.js';
