import type { Envelope } from '#contracts';
import type { WireMessage } from './message-transport.js';
import type { Naming } from './naming.js';

/** The envelope as a wire message: structured CloudEvents, the essentials mirrored into broker properties for people. */
export function wireMessageOf(
  naming: Naming,
  envelope: Envelope,
  headers: WireMessage['headers'] = {},
): WireMessage {
  return {
    exchange: naming.exchangeOf(envelope.type),
    routingKey: envelope.type,
    body: Buffer.from(JSON.stringify(envelope)),
    contentType: 'application/cloudevents+json',
    messageId: envelope.id,
    type: envelope.type,
    timestamp: new Date(envelope.time),
    appId: envelope.source.slice('/catena/'.length),
    headers: envelope.traceparent === undefined ? headers : { ...headers, traceparent: envelope.traceparent },
  };
}
