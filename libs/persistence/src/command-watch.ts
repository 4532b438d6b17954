import type { mongo } from 'mongoose';
import { metrics } from '#observability';

const duration = metrics.histogram({
  name: 'db_client_operation_duration_seconds',
  help: 'Time the database took for an operation on a collection.',
  labels: ['db_collection_name', 'db_operation_name'],
  open: 'db_collection_name',
  buckets: [0.002, 0.02, 0.2, 2, 20],
});
const errors = metrics.counter({
  name: 'db_client_operation_errors_total',
  help: 'Operations that the database refused, or did not answer, by kind of error.',
  labels: ['error_type'],
});

/** What apps do all the time; signing in, pings and sessions are not operations on records. */
const operations: ReadonlySet<string> = new Set([
  ...['find', 'getMore', 'aggregate', 'count', 'distinct'],
  ...['insert', 'update', 'delete', 'findAndModify'],
]);
/** Commands under way that are remembered; the answer of one that is not is not counted. */
const maxOpen = 1000;

/** Measures every operation of a client, by the driver's own events. */
export function watchCommands(client: mongo.MongoClient): void {
  const open = new Map<string, string>();
  const keyOf = ({ requestId, connectionId }: { requestId: number; connectionId?: unknown }): string =>
    `${requestId} ${String(connectionId)}`;
  const ended = (key: string, operation: string, milliseconds: number): void => {
    const collection = open.get(key);
    open.delete(key);
    if (collection !== undefined)
      duration({ db_collection_name: collection, db_operation_name: operation }, milliseconds / 1000);
  };
  client.on('commandStarted', (event) => {
    const { commandName, command } = event;
    if (!operations.has(commandName) || open.size >= maxOpen) return;
    const { [commandName]: target, collection } = command as Record<string, unknown>;
    const name = commandName === 'getMore' ? collection : target;
    if (typeof name === 'string') open.set(keyOf(event), name);
  });
  client.on('commandSucceeded', (event) => ended(keyOf(event), event.commandName, event.duration));
  client.on('commandFailed', (event) => {
    ended(keyOf(event), event.commandName, event.duration);
    errors({ error_type: event.failure.name });
  });
}
