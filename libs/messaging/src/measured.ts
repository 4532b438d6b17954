import { registry } from '#contracts';
import { metrics, secondsSince } from '#observability';
import type { Outcome } from './outcome.js';

const seconds = [0.005, 0.05, 0.5, 5, 60];
const types = new Set(registry.map(({ type }) => type));

const sent = metrics.counter({
  name: 'messaging_client_sent_messages_total',
  help: 'Messages that the broker has confirmed, by exchange and type.',
  labels: ['messaging_destination_name', 'catena_message_type'],
});
const consumed = metrics.counter({
  name: 'messaging_client_consumed_messages_total',
  help: 'Deliveries of messages, repeated ones included, by queue and type.',
  labels: ['messaging_destination_name', 'catena_message_type'],
});
const settled = metrics.counter({
  name: 'catena_messages_settled_total',
  help: 'What became of deliveries: done, retry, wait (a service is away), dead or parked; with the code of docs/errors.md.',
  labels: ['outcome', 'code'],
});
const processing = metrics.histogram({
  name: 'messaging_process_duration_seconds',
  help: 'Time a handler took for a message.',
  labels: ['catena_message_type'],
  buckets: seconds,
});
const operation = metrics.histogram({
  name: 'messaging_client_operation_duration_seconds',
  help: 'Time the broker took, by operation: publish (until its confirm).',
  labels: ['messaging_operation_name'],
  buckets: seconds,
});
const critical = metrics.histogram({
  name: 'catena_message_critical_time_seconds',
  help: 'From the event that a message tells of until it was handled.',
  labels: ['catena_message_type'],
  buckets: [...seconds, 3600],
});

/** What others write into a message is no label: types that nobody here knows are `unknown`. */
function labelOf(type: string): string {
  return types.has(type) ? type : type === '' ? 'legacy' : 'unknown';
}

export function notePublished(exchange: string, type: string, start: number): void {
  sent({
    messaging_destination_name: exchange === '' ? 'queue' : exchange,
    catena_message_type: labelOf(type),
  });
  operation({ messaging_operation_name: 'publish' }, secondsSince(start));
}

export function noteConsumed(queue: string, type: string): void {
  consumed({ messaging_destination_name: queue, catena_message_type: labelOf(type) });
}

/** @param start when the handler began, of `performance.now()` */
export function noteProcessed(type: string, start: number): void {
  processing({ catena_message_type: labelOf(type) }, secondsSince(start));
}

/** @param age milliseconds since the event */
export function noteHandled(type: string, age: number): void {
  critical({ catena_message_type: labelOf(type) }, age / 1000);
}

export function noteSettled(outcome: Outcome): void {
  if (outcome.kind === 'done') return settled({ outcome: 'done', code: '' });
  const waits = outcome.kind === 'retry' && outcome.away === true;
  settled({ outcome: waits ? 'wait' : outcome.kind, code: outcome.code });
}
