import { contractOf, parseEnvelope, parsePayload, type AppName, type Envelope } from '#contracts';
import { crashPoint, messageOf, SystemClock, wait, type Clock } from '#kernel';
import { startSpan, traceIdOf, type Logger } from '#observability';
import { digestOfBody, type Inbox } from './inbox.js';
import { noteConsumed, noteHandled, noteProcessed, noteSettled } from './measured.js';
import {
  newTraceparent,
  runInContext,
  spanFactsOf,
  spanFactsOfMessage,
  subjectOf,
  traceparentFrom,
} from './message-context.js';
import type { Delivery, MessageTransport, Settlement } from './message-transport.js';
import type { Naming } from './naming.js';
import { originKeyHeader, originKeyOf, wrongKey } from './origin-keys.js';
import { done, outcomeOf, type Outcome } from './outcome.js';
import { receiptFor } from './receipt.js';
import { checkedSenderHeader, senderOf, wrongSender, type BrokerAccounts } from './senders.js';
import { countFrom, headersFrom, textFrom } from './wire-properties.js';

export type Handler = (envelope: Envelope<object>) => Promise<Outcome>;

export interface InboxConsumerOptions {
  readonly app: AppName;
  readonly naming: Naming;
  /** Milliseconds of each retry tier; as many retries as tiers. */
  readonly retryDelays: readonly number[];
  /** Bytes; larger messages are dead at once. */
  readonly messageLimit: number;
  readonly accounts: BrokerAccounts;
  /** Default: that of the machine. */
  readonly clock?: Clock;
}

/** Milliseconds before a message goes back that could not even be moved to a retry tier: the broker is in trouble. */
const requeuePause = 1000;

/** Header that counts the retries a message has behind it. */
export const attemptHeader = 'attempt';
/** More than there are tiers anywhere. */
const maxAttempts = 1000;
/** Header that counts how often it waited for a service that was away. */
const waitsHeader = 'waits';
/** Milliseconds beyond its tier in which the copy that waits is expected back. */
const waitMargin = 120_000;
/** About a week at the second of the standard tiers; from then on it is taken for the message's own fault. */
const maxWaits = 10_000;

/**
 * The one way from a delivery to a handler and back: check the form, drop what was handled before, run the handler,
 * settle by its outcome. Handlers run at least once for each message; the inbox makes a second run rare, and handlers
 * make it harmless.
 */
export class InboxConsumer {
  constructor(
    private readonly options: InboxConsumerOptions,
    private readonly transport: MessageTransport,
    private readonly inbox: Inbox,
    private readonly handlers: ReadonlyMap<string, Handler>,
    private readonly logger: Logger,
  ) {}

  async receive(delivery: Delivery): Promise<Settlement> {
    noteConsumed(this.options.naming.inboxOf(this.options.app), delivery.type);
    const outcome = await this.handle(delivery).catch(outcomeOf);
    noteSettled(outcome);
    try {
      await this.settle(delivery, outcome);
      crashPoint('consumer.before-ack');
      return 'ack';
    } catch (error) {
      this.logger.error(
        { messageId: delivery.messageId, error: messageOf(error) },
        'could not move the message on; it stays in the inbox',
      );
      await wait(requeuePause);
      return 'requeue';
    }
  }

  private async handle(delivery: Delivery): Promise<Outcome> {
    const { messageLimit, naming, app, accounts } = this.options;
    if (delivery.body.length > messageLimit) {
      return dead(
        'messaging.oversized',
        `Expected at most ${messageLimit} bytes, found ${delivery.body.length}.`,
      );
    }
    const envelope = parseEnvelope(delivery.body);
    if (typeof envelope === 'string') return dead('messaging.malformed', envelope);
    const otherKey = wrongKey(naming, app, delivery, envelope.type);
    if (otherKey !== undefined) return dead('messaging.wrong-key', otherKey);
    const contract = contractOf(envelope.type);
    const handler = this.handlers.get(envelope.type);
    if (contract === undefined || handler === undefined) {
      return {
        kind: 'parked',
        code: 'messaging.unknown-type',
        reason: `${app} does not know ${envelope.type} yet: release it after the upgrade.`,
      };
    }
    const data = parsePayload(contract, envelope.data);
    // Whose word it may be depends, of a worker's message, on the target that it names.
    const isNobodys = contract.emitter === 'worker' && typeof data === 'string';
    const sender = senderOf(delivery, this.transport.account);
    const stranger = isNobodys
      ? undefined
      : wrongSender(naming, accounts, contract.emitter, sender, targetOf(data));
    if (stranger !== undefined) return dead('messaging.wrong-sender', `${envelope.type}: ${stranger}`);
    if (typeof data === 'string') return dead('messaging.malformed', data);

    const digest = digestOfBody(delivery.body);
    const seen = await this.inbox.check(envelope.id, digest);
    if (seen === 'conflict')
      return dead('messaging.id-conflict', `Message ${envelope.id} was handled before with another content.`);
    // Its emitter sends it again while there is no receipt: one copy in the tiers is enough.
    if (seen === 'waiting' && delivery.headers[waitsHeader] === undefined) return done;
    if (seen !== 'duplicate') {
      const outcome = await this.run(handler, { ...envelope, data }, delivery);
      if (outcome.kind !== 'done') return outcome;
      crashPoint('consumer.before-inbox-record');
      await this.inbox.record(envelope.id, envelope.type, digest);
    }
    const receipt = receiptFor(naming, app, contract.emitter, delivery);
    if (receipt !== undefined) this.transport.send(receipt);
    return done;
  }

  private run(handler: Handler, envelope: Envelope<object>, delivery: Delivery): Promise<Outcome> {
    const { id, type, time, data } = envelope;
    const age = (this.options.clock ?? new SystemClock()).now().getTime() - Date.parse(time);
    const subject = subjectOf(data);
    const start = performance.now();
    const span = startSpan({
      ...{ name: `process ${type}`, kind: 'consumer', parent: parentOf(envelope, delivery), waited: age },
      attributes: {
        ...spanFactsOfMessage('process', this.options.naming.inboxOf(this.options.app), id),
        ...spanFactsOf(subject),
      },
    });
    const context = { traceparent: span.traceparent, causationId: id };
    const noted = (outcome: Outcome): Outcome => {
      span.end(outcome.kind === 'done' ? undefined : outcome.code);
      noteProcessed(type, start);
      if (outcome.kind === 'done') noteHandled(type, age);
      return outcome;
    };
    return runInContext(context, () => handler(envelope), subject).then(noted, (error: unknown) =>
      noted(outcomeOf(error)),
    );
  }

  private async settle(delivery: Delivery, outcome: Outcome): Promise<void> {
    if (outcome.kind === 'done') return;
    const { app, naming, retryDelays } = this.options;
    const attempt = attemptOf(delivery);
    const waits = countFrom(delivery.headers, waitsHeader, maxWaits);
    const waiting = outcome.kind === 'retry' && outcome.away === true && waits < maxWaits;
    // Waiting goes round in the first two tiers: what was away is back at any moment.
    const tier = waiting ? Math.min(waits, 1, retryDelays.length - 1) : attempt;
    const delay = outcome.kind === 'retry' ? retryDelays[tier] : undefined;
    const facts = {
      messageId: delivery.messageId,
      type: delivery.type,
      attempt,
      code: outcome.code,
      reason: outcome.reason,
    };
    if (delay === undefined)
      this.logger.error(facts, `message is ${outcome.kind === 'parked' ? 'parked' : 'dead'}`);
    else
      this.logger.warn(
        { ...facts, delay },
        waiting ? 'message waits for a service that is away' : 'message will be retried',
      );
    if (waiting)
      // Best effort: the database may be what is away.
      await this.inbox
        .wait(delivery.messageId, delivery.type, (delay ?? 0) + waitMargin)
        .catch(() => undefined);
    await this.transport.publish({
      ...delivery,
      exchange: naming.ownOf(app),
      routingKey: delay === undefined ? naming.deadOf(app) : naming.retryOf(app, delay),
      headers: {
        ...headersFrom(delivery.headers),
        [attemptHeader]: attempt + (delay === undefined || waiting ? 0 : 1),
        ...(waiting ? { [waitsHeader]: waits + 1 } : {}),
        outcome: outcome.kind,
        code: outcome.code,
        reason: outcome.reason.slice(0, 2000),
        [checkedSenderHeader]: senderOf(delivery, this.transport.account),
        'origin-exchange': textFrom(delivery.headers['origin-exchange']) || delivery.exchange,
        [originKeyHeader]: originKeyOf(naming, app, delivery),
      },
    });
  }
}

/**
 * The span that published the message, where the header beside it says so. It may change with every publication; what the
 * envelope says does not, and names the trace.
 */
function parentOf({ traceparent }: Envelope<object>, { headers }: Delivery): string {
  const published = traceparentFrom(headers['traceparent']);
  if (traceparent === undefined) return published ?? newTraceparent();
  return published !== undefined && traceIdOf(published) === traceIdOf(traceparent) ? published : traceparent;
}

/** The target that data are about; empty where they name none. */
function targetOf(data: unknown): string {
  const { target } = (typeof data === 'object' && data !== null ? data : {}) as { target?: unknown };
  return typeof target === 'string' ? target : '';
}

/** The retries a message has behind it. */
export function attemptOf({ headers }: Pick<Delivery, 'headers'>): number {
  return countFrom(headers, attemptHeader, maxAttempts);
}

function dead(code: string, reason: string): Outcome {
  return { kind: 'dead', code, reason };
}
