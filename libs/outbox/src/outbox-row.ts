import {
  appsAmong,
  type AnswerTo,
  type AppName,
  type Envelope,
  type MessageContract,
  type MessageKey,
} from '#contracts';
import { newId } from '#kernel';
import {
  currentContext,
  outboxHeader,
  wireMessageOf,
  type MessageContext,
  type Naming,
  type WireMessage,
} from '#messaging';

/** A message of today's format for an external archive system. */
export interface LegacyMessage {
  readonly exchange: string;
  readonly key: string;
  /** JSON, sent byte for byte. */
  readonly body: string;
}

/** One message waiting inside the document whose change it tells of; `Type` is that of its contract, where it matters. */
export interface OutboxRow<Type extends string = string> {
  /** Idempotency key, kept over all repetitions. */
  readonly id: string;
  readonly time: Date;
  readonly envelope?: Envelope<object> & { readonly type: Type };
  readonly legacy?: LegacyMessage;
  /** Consumers whose receipt is still missing; the row goes with the last one. */
  readonly awaits: readonly AppName[];
  /** When the broker confirmed it; absent while pending. */
  readonly publishedAt?: Date;
}

/** The part of a document that holds its outbox. */
export interface OutboxPart {
  readonly rows: readonly OutboxRow[];
  /** When the relay looks at the document next; absent when nothing is left to do. */
  readonly dueAt?: Date;
}

/** A row that may end a command: one of the answers its contract lists. */
export type AnswerRow<Command> = OutboxRow<AnswerTo<Command>>;

/**
 * Builds the row for a message; call it in the same breath as the state change it belongs to. What it is about, and its
 * place among others, follow from its contract.
 *
 * @param context in which the work was accepted that the message tells of; default: the one that is being handled
 */
export function eventRow<Data extends object, Type extends string>(
  contract: MessageContract<Data, Type>,
  data: Data,
  now: Date,
  context: MessageContext = currentContext(),
): OutboxRow<Type> {
  const { traceparent, causationId } = context;
  const { within, place } = contract.order;
  const id = newId();
  return {
    id,
    time: now,
    awaits: appsAmong(contract.consumers),
    envelope: {
      specversion: '1.0',
      id,
      source: `/catena/${contract.emitter}`,
      type: contract.type,
      subject: keyOf(data, contract.about),
      time: now.toISOString(),
      datacontenttype: 'application/json',
      traceparent,
      sequence: typeof place === 'number' ? place : Number(fieldOf(data, place)),
      partitionkey: keyOf(data, within),
      ...(causationId === undefined ? {} : { causationid: causationId }),
      data,
    },
  };
}

function keyOf(data: object, key: MessageKey): string {
  if (typeof key === 'string') return String(fieldOf(data, key));
  const whole = String(fieldOf(data, key.beforeLastSlashOf));
  return whole.slice(0, whole.lastIndexOf('/'));
}

function fieldOf(data: object, name: string): unknown {
  return (data as Record<string, unknown>)[name];
}

/** Builds the row for a message in the legacy feed; the broker's confirm is all the receipt there is. */
export function legacyRow(legacy: LegacyMessage, now: Date): OutboxRow {
  return { id: newId(), time: now, legacy, awaits: [] };
}

/** An outbox for a new document, due at once, or later when its writer carries the rows itself (`OutboxRelay.carry`). */
export function newOutbox(rows: readonly OutboxRow[], dueAt: Date): OutboxPart {
  return rows.length === 0 ? { rows: [] } : { rows, dueAt };
}

/** `collection/id`: how a receipt finds its row again. */
export function outboxAddress(collection: string, documentId: string): string {
  return `${collection}/${documentId}`;
}

/** The row as the broker gets it. @param traceparent of the span that publishes it; default: that of the row */
export function wireMessageOfRow(
  naming: Naming,
  row: OutboxRow,
  address: string,
  app: AppName,
  traceparent?: string,
): WireMessage {
  if (row.envelope !== undefined)
    return wireMessageOf(naming, row.envelope, { [outboxHeader]: address }, traceparent);
  return {
    exchange: row.legacy?.exchange ?? '',
    routingKey: row.legacy?.key ?? '',
    body: Buffer.from(row.legacy?.body ?? ''),
    contentType: 'application/json',
    messageId: row.id,
    type: '',
    timestamp: row.time,
    appId: app,
    headers: {},
  };
}
