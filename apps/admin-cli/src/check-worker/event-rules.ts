import { contractOf, parseEnvelope, parsePayload } from '#contracts';
import { endKinds, type Conversation, type Heard } from './conversation.js';
import type { SceneSettings } from './scene.js';

/** What holds for every event, whatever it is about. */
export interface EventRule {
  readonly name: string;
  readonly title: string;
  /** @returns what is wrong with an event, for its author */
  fault(heard: Heard, context: RuleContext): string | undefined;
}

export interface RuleContext {
  readonly conversation: Conversation;
  readonly settings: SceneSettings;
  /** The account that the worker has to use. */
  readonly account: string;
}

export const eventRules: readonly EventRule[] = [
  {
    name: 'well-formed',
    title: 'its events are as the contracts say',
    fault: ({ delivery }) => {
      const envelope = parseEnvelope(delivery.body);
      if (typeof envelope === 'string') return envelope;
      const contract = contractOf(envelope.type);
      if (contract?.emitter !== 'worker') return `Expected an event of a worker, found ${envelope.type}.`;
      const data = parsePayload(contract, envelope.data);
      if (typeof data === 'string') return data;
      const { orderId, attempt } = data as { orderId: string; attempt: number };
      const wrong = [
        ['source', '/catena/worker', envelope.source],
        ['subject', orderId, envelope.subject],
        ['partitionkey', orderId, envelope.partitionkey],
        ['sequence', attempt, envelope.sequence],
        ['the routing key', envelope.type, delivery.routingKey],
        ['the property message_id', envelope.id, delivery.messageId],
      ].find(([, wanted, found]) => wanted !== found);
      return wrong && `Expected ${wrong[0]} of ${envelope.type} to be ${wrong[1]}, found ${wrong[2]}.`;
    },
  },
  {
    name: 'own-account',
    title: 'its events say which account they come from (the property user_id), and the broker agrees',
    fault: ({ delivery, kind }, { account }) =>
      delivery.userId === account
        ? undefined
        : `Expected ${kind} from the account ${account}, found ${delivery.userId === '' ? 'no user_id' : delivery.userId}.`,
  },
  {
    name: 'its-orders-only',
    title: 'its events are about its own target, and about orders and attempts that it was sent',
    fault: ({ orderId, attempt, kind, data }, { conversation, settings }) => {
      if (data['target'] !== settings.target)
        return `Expected ${kind} about ${settings.target}, found ${String(data['target'])}.`;
      const order = conversation.sent.get(orderId);
      // Of a check that was interrupted, or runs at the same time.
      if (order === undefined && orderId.startsWith('catena-check-') && !orderId.startsWith(settings.run))
        return undefined;
      if (order === undefined) return `Expected ${kind} about an order that was sent, found ${orderId}.`;
      return order.attempts.has(attempt as number)
        ? undefined
        : `Expected ${kind} for an attempt of ${orderId} that was sent, found ${String(attempt)}.`;
    },
  },
  {
    name: 'one-end',
    title: 'an attempt has one end, and an id of an event has one content',
    fault: (heard, { conversation }) => {
      const text = storyOf(heard);
      const other = conversation.heard.find(
        (earlier) =>
          (earlier.id === heard.id ||
            (endKinds.includes(heard.kind) &&
              endKinds.includes(earlier.kind) &&
              earlier.orderId === heard.orderId &&
              earlier.attempt === heard.attempt)) &&
          storyOf(earlier) !== text,
      );
      return other && `Expected one content, found ${text} and ${storyOf(other)}.`;
    },
  },
];

function storyOf({ kind, data }: Heard): string {
  const { message: _, ...rest } = data;
  return `${kind} ${JSON.stringify(rest)}`;
}
