import type { Connection } from 'mongoose';
import type { BulkRunRecord } from './bulk-run.js';

export function bulkRuns(connection: Connection) {
  return connection.collection<BulkRunRecord>('catena_bulk_runs');
}
