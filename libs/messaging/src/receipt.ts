import type { Delivery, WireMessage } from './message-transport.js';
import { Naming } from './naming.js';
import { textFrom } from './wire-properties.js';
import type { AppName, PartyName } from '#contracts';

/** Header with which an emitter says which outbox row a message came from. */
export const outboxHeader = 'outbox';

/** A consumer's word that it has taken over responsibility for a message: the emitter's outbox row may go. */
export interface Receipt {
  readonly messageId: string;
  /** `<collection>/<document id>` */
  readonly outbox: string;
  readonly consumer: AppName;
}

/** The receipt for a delivery, or undefined when its emitter keeps no outbox row for it. */
export function receiptFor(
  naming: Naming,
  consumer: AppName,
  emitter: PartyName,
  delivery: Delivery,
): WireMessage | undefined {
  const outbox = delivery.headers[outboxHeader];
  if (emitter === 'worker' || typeof outbox !== 'string' || outbox === '') return undefined;
  const receipt: Receipt = { messageId: delivery.messageId, outbox, consumer };
  return {
    exchange: naming.receipts,
    routingKey: emitter,
    body: Buffer.from(JSON.stringify(receipt)),
    contentType: 'application/json',
    messageId: textFrom(`${delivery.messageId}:${consumer}`),
    type: 'receipt',
    timestamp: new Date(),
    appId: consumer,
    headers: {},
  };
}

/** @returns undefined when the body is not a receipt */
export function parseReceipt(body: Buffer): Receipt | undefined {
  try {
    const value = JSON.parse(body.toString('utf8')) as Partial<Receipt>;
    return typeof value.messageId === 'string' &&
      typeof value.outbox === 'string' &&
      typeof value.consumer === 'string'
      ? (value as Receipt)
      : undefined;
  } catch {
    return undefined;
  }
}
