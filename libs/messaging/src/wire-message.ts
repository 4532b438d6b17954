import { contractOf, type Envelope } from '#contracts';
import type { WireMessage } from './message-transport.js';
import type { Naming } from './naming.js';

/**
 * The envelope as a wire message: structured CloudEvents, the essentials mirrored into broker properties for people.
 *
 * @param traceparent of the span that publishes it; the body, by which repetitions are known, stays as it is
 */
export function wireMessageOf(
  naming: Naming,
  envelope: Envelope,
  headers: WireMessage['headers'] = {},
  traceparent = envelope.traceparent,
): WireMessage {
  return {
    exchange: naming.exchangeOf(envelope.type),
    routingKey: routingKeyOf(naming, envelope),
    body: Buffer.from(JSON.stringify(envelope)),
    contentType: 'application/cloudevents+json',
    messageId: envelope.id,
    type: envelope.type,
    timestamp: new Date(envelope.time),
    appId: envelope.source.slice('/catena/'.length),
    headers: traceparent === undefined ? headers : { ...headers, traceparent },
  };
}

/** What is for the worker of a target goes to that worker's queue only. */
function routingKeyOf(naming: Naming, { type, data }: Envelope): string {
  if (contractOf(type)?.consumers.includes('worker') !== true) return type;
  return naming.workerKeyOf(type, (data as { target: string }).target);
}
