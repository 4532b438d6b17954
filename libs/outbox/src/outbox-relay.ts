import type { AppName } from '#contracts';
import { crashPoint, messageOf, PermanentError, stillMoving, wait, type Clock } from '#kernel';
import { WorkLoop, type Found } from '#leased-work';
import {
  parseReceipt,
  spanFactsOf,
  spanFactsOfMessage,
  subjectOf,
  wrongSender,
  type BrokerAccounts,
  type MessageTransport,
  type Naming,
  type Receipt,
  type Subscription,
} from '#messaging';
import { metrics, startSpan, type Logger, type RunningSpan } from '#observability';
import { outboxAddress, wireMessageOfRow, type OutboxRow } from './outbox-row.js';
import type { Acceptance, ClaimedOutbox, OutboxStore } from './outbox-store.js';

const resent = metrics.counter({
  name: 'catena_outbox_resent_total',
  help: 'Messages that were sent again because no consumer had accepted them in time.',
});

/**
 * Milliseconds for which the receipt of a message that was just written and sent is waited for, before it is written down that the broker
 * has it: when the receipt comes, as it mostly does within some, there is no row any more to write that into.
 */
const receiptPatience = 500;

/** Milliseconds between sweeps, at most, while nothing is due before the next one. */
const maxSweepInterval = 5000;

export interface RelayOptions {
  readonly app: AppName;
  /** Milliseconds between sweeps when nobody wakes the relay. */
  readonly sweepInterval: number;
  /** Milliseconds a relay may keep a document to itself. */
  readonly lease: number;
  /** Milliseconds without a receipt after which a confirmed message is sent again. */
  readonly acceptTimeout: number;
  /** Documents in work at once. */
  readonly parallel: number;
  /** Whether a receipt is believed only from its consumer's account. */
  readonly accounts: BrokerAccounts;
}

/**
 * Carries rows from outboxes to the broker: at least once, in order within a document, until a consumer's receipt says
 * that the consumer is responsible now. Woken in the process by `wake`, and by a sweep for whatever a crash left.
 */
export class OutboxRelay {
  private readonly loop: WorkLoop;
  private receipts: Subscription | undefined;
  private accepting: Acceptance[] = [];
  private readonly acceptedListeners: ((acceptances: readonly Acceptance[]) => void)[] = [];
  private flushing: Promise<void> | undefined;
  /** By the ids of rows that may be accepted any moment. */
  private readonly expected = new Map<string, ExpectedReceipt>();

  constructor(
    private readonly options: RelayOptions,
    private readonly store: OutboxStore,
    private readonly transport: MessageTransport,
    private readonly naming: Naming,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.loop = new WorkLoop({
      ...{ name: 'outbox', lanes: options.parallel },
      pause: options.sweepInterval,
      maxPause: maxSweepInterval,
      takeOne: (isQuiet) => this.sweepOne(isQuiet),
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'outbox sweep failed, trying again'),
    });
  }

  /**
   * @param ready what the first sweep waits for: a database that was never reached cannot be asked
   * @throws PermanentError `outbox.started-twice`: two relays in one process hide a mistake in the wiring
   */
  async start(ready: Promise<unknown> = Promise.resolve()): Promise<void> {
    if (this.receipts !== undefined) {
      throw new PermanentError(
        'outbox.started-twice',
        'Expected the relay to be started once, found it running: the bootstrap hooks ran twice.',
      );
    }
    this.transport.onConnected(() => this.wake());
    this.receipts = await this.transport.consume(
      this.naming.receiptsOf(this.options.app),
      { prefetch: 500 },
      async ({ body, userId }) => {
        const receipt = parseReceipt(body);
        if (receipt === undefined || this.isForged(receipt, userId)) return 'ack';
        this.accepting.push({
          address: receipt.outbox,
          messageId: receipt.messageId,
          consumer: receipt.consumer,
        });
        return (await this.flush()) ? 'ack' : 'requeue';
      },
    );
    this.loop.start(ready);
  }

  /** Calls back with the receipts that were recorded. */
  onAccepted(listener: (acceptances: readonly Acceptance[]) => void): void {
    this.acceptedListeners.push(listener);
  }

  /** Something was written: look now instead of at the next sweep. */
  wake(): void {
    this.loop.wake();
  }

  /** When a document that is carried by its writer becomes everybody's: `dueAt` for `newOutbox`. */
  carriedUntil(): Date {
    return new Date(this.clock.now().getTime() + this.options.lease);
  }

  /** Publishes what was written a moment ago, without asking the database for it. If we die here, a sweep finds it. */
  carry(claimed: ClaimedOutbox): void {
    this.deliver(claimed, true).catch((error: unknown) =>
      this.logger.warn(
        { document: claimed.documentId, error: messageOf(error) },
        'could not carry a message, a sweep will',
      ),
    );
  }

  async stop(): Promise<void> {
    for (const receipt of this.expected.values()) receipt.giveUp();
    await this.loop.stop();
    await this.receipts?.drain();
  }

  /** @returns whether there may be more to do at once; `'nothing'`: whatever comes, its writer calls, unless it dies */
  private async sweepOne(isQuiet: boolean): Promise<Found> {
    if (!this.transport.connected) return false;
    if (isQuiet && (await this.isNothingSoon())) return 'nothing';
    const claimed = await this.store.claimDue(this.clock.now(), this.options.lease);
    if (claimed === undefined) return false;
    await this.deliver(claimed);
    return true;
  }

  /** What awaits a receipt is due again after minutes: until then there is as little to do as with empty outboxes. */
  private async isNothingSoon(): Promise<boolean> {
    const next = await this.store.nextDue();
    return next === undefined || next.getTime() > this.clock.now().getTime() + maxSweepInterval;
  }

  private async deliver(claimed: ClaimedOutbox, isNew = false): Promise<void> {
    crashPoint('outbox.before-publish');
    // Before it is sent: a receipt may be here before the broker's word.
    const receipt = isNew ? this.expect(claimed.rows) : undefined;
    try {
      const { published, failed } = await this.publish(claimed);
      crashPoint('outbox.before-mark');
      if (!failed && receipt !== undefined && (await receipt.comesWithin(receiptPatience))) return;
      const now = this.clock.now();
      await this.store.settle(claimed, published, this.nextDue(claimed, published, failed, now), now);
    } finally {
      for (const { id } of claimed.rows) if (this.expected.get(id) === receipt) this.expected.delete(id);
    }
  }

  /**
   * Of a document with one row that awaits one consumer: its receipt takes the row away, and nothing is due any more. With more of them
   * something is left to be said of the others.
   */
  private expect(rows: ClaimedOutbox['rows']): ExpectedReceipt | undefined {
    const [row] = rows;
    if (rows.length !== 1 || row?.awaits.length !== 1 || this.loop.stopping.aborted) return undefined;
    const receipt = new ExpectedReceipt();
    this.expected.set(row.id, receipt);
    return receipt;
  }

  private async publish(claimed: ClaimedOutbox): Promise<{ published: string[]; failed: boolean }> {
    const address = outboxAddress(claimed.collection, claimed.documentId);
    const published: string[] = [];
    for (const row of claimed.rows.filter(isLeftOver)) published.push(row.id);
    for (const row of claimed.rows.filter((candidate) => this.isDue(candidate))) {
      if (row.publishedAt !== undefined) {
        resent();
        this.logger.warn(
          { messageId: row.id, awaits: row.awaits, address },
          'no receipt in time, sending again',
        );
      }
      const span = this.spanOf(row);
      try {
        const parent = span?.traceparent;
        await this.transport.publish(wireMessageOfRow(this.naming, row, address, this.options.app, parent));
        span?.end();
        published.push(row.id);
        stillMoving();
      } catch (error) {
        span?.end(messageOf(error));
        this.logger.warn(
          { messageId: row.id, address, error: messageOf(error) },
          'could not publish, the row stays',
        );
        return { published, failed: true };
      }
    }
    return { published, failed: false };
  }

  /** Each publication is a span of its own; all of a message have the parent that the row was written under. */
  private spanOf({ envelope, time }: OutboxRow): RunningSpan | undefined {
    if (envelope?.traceparent === undefined) return undefined;
    const { id, type, traceparent: parent, data } = envelope;
    return startSpan({
      ...{ name: `publish ${type}`, kind: 'producer', parent },
      waited: this.clock.now().getTime() - time.getTime(),
      attributes: {
        ...spanFactsOfMessage('publish', this.naming.exchangeOf(type), id),
        ...spanFactsOf(subjectOf(data)),
      },
    });
  }

  private isDue(row: OutboxRow): boolean {
    if (row.publishedAt === undefined) return true;
    return (
      !isLeftOver(row) && row.publishedAt.getTime() + this.options.acceptTimeout <= this.clock.now().getTime()
    );
  }

  private nextDue(claimed: ClaimedOutbox, published: string[], failed: boolean, now: Date): Date | undefined {
    if (failed) return new Date(now.getTime() + 1000);
    const waiting = claimed.rows.filter((row) => row.awaits.length > 0);
    if (waiting.length === 0) return undefined;
    const sentAt = waiting.map((row) =>
      (published.includes(row.id) ? now : (row.publishedAt ?? now)).getTime(),
    );
    return new Date(Math.min(...sentAt) + this.options.acceptTimeout);
  }

  /** A message whose receipt another account made up would be lost. */
  private isForged({ consumer, messageId }: Receipt, userId: string): boolean {
    const problem = wrongSender(this.naming, this.options.accounts, consumer, userId);
    if (problem !== undefined)
      this.logger.error({ messageId, consumer, problem }, 'a receipt is not from its consumer: ignored');
    return problem !== undefined;
  }

  /** Receipts that arrive while one write is under way share the next. */
  private flush(): Promise<boolean> {
    const previous = this.flushing ?? Promise.resolve();
    const mine = previous.then(async () => {
      const batch = this.accepting;
      this.accepting = [];
      if (batch.length === 0) return;
      try {
        await this.store.accept(batch);
      } catch (error) {
        // Others who wait behind us rely on this batch as well: the next of them tries again.
        this.accepting.unshift(...batch);
        throw error;
      }
      for (const { messageId } of batch) this.expected.get(messageId)?.come();
      for (const listener of this.acceptedListeners) listener(batch);
    });
    this.flushing = mine.catch(() => undefined);
    return mine.then(
      () => true,
      (error: unknown) => {
        this.logger.warn({ error: messageOf(error) }, 'could not record receipts; they will come again');
        return wait(500, this.loop.stopping).then(() => false);
      },
    );
  }
}

/** The receipt of one row. */
class ExpectedReceipt {
  private readonly over = new AbortController();
  private hasCome = false;

  come(): void {
    this.hasCome = true;
    this.over.abort();
  }

  /** Nobody waits for it any longer. */
  giveUp(): void {
    this.over.abort();
  }

  /** @returns whether it has come when the milliseconds are over, or it is given up */
  async comesWithin(milliseconds: number): Promise<boolean> {
    await wait(milliseconds, this.over.signal);
    return this.hasCome;
  }
}

/** Nobody is awaited any more, and nobody has taken it away: relays of before 0.10 left such rows when two receipts came at once. */
function isLeftOver({ publishedAt, awaits }: OutboxRow): boolean {
  return publishedAt !== undefined && awaits.length === 0;
}
