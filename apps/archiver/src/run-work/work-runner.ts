import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Phase } from '#contracts';
import { Clock, PermanentError, TransientError, crashPoint, messageOf } from '#kernel';
import { LeasedWorker, type Hold } from '#leased-work';
import { newTraceparent, runInContext, spanFactsOf } from '#messaging';
import { LOGGER, startSpan, type Logger } from '#observability';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { RecallOrder } from '../order-recalls/recall-order.js';
import type { WorkContext } from '../domain/work.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import type { WorkOrder } from '../persistence/records.js';
import { WorkOrders, type Headway } from '../persistence/work-orders.js';
import { notePhase, noteWait } from '../counters/archiver-counters.js';
import { ownInstance } from '../domain/worker-instance.js';
import { isWorkerClosed } from '../persistence/operators/workers.js';
import { ProgressReporting } from './progress-reporting.js';
import { WorkEndings } from './work-endings.js';
import { WorkHandlers } from './work-handlers.js';

const idlePause = 1000;
/** While no order is due within a lease: whoever accepts one calls. */
const maxPause = 5000;
const progressInterval = 1000;

type Said = readonly [phase: Phase, bytesDone: number, bytesTotal: number, reason?: string, code?: string];

/** Said of work that has begun, before its first byte. 0 of 0 bytes: job-assembler lowers no share by it. */
const [atWork, atTape] = [
  [...(['waiting', 0, 0] as const), 'A worker of the archiver has begun with it.', 'work.running'] as const,
  [
    ...(['waiting', 0, 0] as const),
    'A worker of the archiver has begun with it, and storage has given no byte yet (a tape may wait for a drive).',
    'work.tape',
  ] as const,
];

/** How far the work of a hold is. */
interface Way {
  movedAt: number;
  /** Its last progress; none before the first byte. */
  said?: Said;
  /** When it was last sent between two heartbeats. */
  sentAt: number;
  /** Of the last heartbeat. */
  beat?: { readonly at: number; readonly phase: Phase; readonly bytes: number };
  /** The target that it reads at. */
  readAt?: string;
  /** The phase that it is in, and since when. */
  phase?: { readonly name: Phase; readonly since: number };
}

/** Takes work orders that are due under leases, runs them, and hands what comes of them to their end. */
@Injectable()
export class WorkRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly worker: LeasedWorker<WorkOrder>;
  private readonly headway = new WeakMap<WorkOrder, Way>();
  private isResting = false;

  constructor(
    private readonly store: ArchiverStore,
    private readonly orders: WorkOrders,
    private readonly handlers: WorkHandlers,
    private readonly endings: WorkEndings,
    private readonly reporting: ProgressReporting,
    private readonly recalls: RecallOrder,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.worker = new LeasedWorker<WorkOrder>({
      ...{ name: 'work orders', clock, lease: config.lease, lanes: config.workers },
      ...{ pause: idlePause, maxPause, nextDue: () => orders.nextDue() },
      take: (now, until) => this.take(now, until),
      renew: (hold, until) => this.renew(hold, until),
      run: (hold) => this.traced(hold),
      leaseLost: ({ _id }) =>
        new TransientError('archiver.lease-lost', `Another worker has taken over ${_id}.`),
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'could not take work, trying again'),
      onSkippedBeat: ({ _id: workOrderId }, error) =>
        logger.warn({ workOrderId, error: messageOf(error) }, 'heartbeat failed; the lease may run out'),
    });
  }

  onApplicationBootstrap(): void {
    this.worker.start(this.store.whenReady());
  }

  /** Running work is given back, not waited for: the next archiver continues from what is durable. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.stop(new TransientError('archiver.stopping', 'The archiver is being stopped.'));
    await this.recalls
      .giveBackAll()
      .catch((error: unknown) =>
        this.logger.warn({ error: messageOf(error) }, 'could not give back turns at drives; they run out'),
      );
  }

  /** Pieces of work that this process holds. */
  get held(): number {
    return this.worker.holds.length;
  }

  wake(): void {
    this.worker.wake();
  }

  /** Stops the order if it runs here; elsewhere the heartbeat notices. An order that waits becomes due. */
  cancel(workOrderId: string): void {
    for (const hold of this.worker.holds) if (hold.item._id === workOrderId) this.interrupt(hold);
    void this.orders
      .hastenCancelled(workOrderId, this.clock.now())
      .then(() => this.wake())
      .catch((error: unknown) =>
        this.logger.warn({ workOrderId, error: messageOf(error) }, 'could not hurry a cancelled work order'),
      );
  }

  /**
   * Gives all work back to other workers and takes none until {@link resume}. Does not wait for the work to notice: it may
   * hang where no signal reaches it.
   */
  async yieldWork(): Promise<void> {
    this.isResting = true;
    this.worker.rest();
    for (const hold of this.worker.holds) await this.handOn(hold, 'Its worker could no longer read files.');
  }

  resume(): void {
    this.isResting = false;
    this.worker.resume();
  }

  private async take(now: Date, until: Date): Promise<WorkOrder | undefined> {
    if (!this.recalls.isReading && !(await this.orders.isAnyDue(now))) return undefined;
    const isClosed = await isWorkerClosed(this.store, ownInstance(), now);
    // It may have been told to rest while the database was asked.
    if (this.isResting) return undefined;
    return isClosed ? this.recalls.takeCancelled(now, until) : this.recalls.take(now, until);
  }

  private interrupt(hold: Hold<WorkOrder>): void {
    this.worker.interrupt(hold, new TransientError('archiver.cancelled', 'The work order was cancelled.'));
  }

  /**
   * Gives work that hangs to another worker; it costs an attempt, so that one bad file cannot hold up all workers in turn.
   * What hangs here keeps its lane from moving, which fails liveness.
   */
  private async handOn(hold: Hold<WorkOrder>, message: string): Promise<void> {
    const { item: order } = hold;
    this.worker.letGo(hold);
    const at = this.clock.now();
    const fault = { code: 'archiver.stalled', message, at, fault: 'system' as const };
    await this.orders
      .giveBack(order, { dueAt: at, attempts: order.attempts + 1, fault })
      .catch((error: unknown) =>
        this.logger.warn(
          { workOrderId: order._id, error: messageOf(error) },
          'could not give work back; its lease runs out',
        ),
      );
  }

  private async traced(hold: Hold<WorkOrder>): Promise<void> {
    const { _id: workOrderId, jobId, command, context, acceptedAt, attempts, epoch } = hold.item;
    const waited = this.clock.now().getTime() - acceptedAt.getTime();
    // What was held back, or given back, without an attempt waited for other things than a worker.
    const grace = command.kind === 'release' ? this.config.releaseGrace : 0;
    if (epoch === 1) noteWait({ stage: 'worker' }, Math.max(0, waited - grace) / 1000);
    const subject = { jobId, workOrderId };
    const span = startSpan({
      ...{ name: `work ${command.kind}`, kind: 'internal', parent: context?.traceparent ?? newTraceparent() },
      waited,
      attributes: { ...spanFactsOf(subject), 'catena.attempt': attempts + 1 },
    });
    const within = { ...context, traceparent: span.traceparent };
    await runInContext(within, () => this.run(hold), subject).finally(() => {
      this.enter(hold.item);
      span.end();
    });
  }

  /** Work comes into another phase, or ends: how long the last one took is noted. */
  private enter(order: WorkOrder, name?: Phase): void {
    const headway = this.headwayOf(order);
    if (headway.phase?.name === name) return;
    const now = this.clock.now().getTime();
    if (headway.phase !== undefined)
      notePhase({ kind: order.command.kind, phase: headway.phase.name }, (now - headway.phase.since) / 1000);
    if (name === undefined) delete headway.phase;
    else headway.phase = { name, since: now };
  }

  private async run(hold: Hold<WorkOrder>): Promise<void> {
    const { item: order, signal } = hold;
    const log = { workOrderId: order._id, kind: order.command.kind, epoch: order.epoch };
    this.headway.set(order, { movedAt: this.clock.now().getTime(), sentAt: 0 });
    try {
      if (order.cancelRequested) this.interrupt(hold);
      signal.throwIfAborted();
      if (order.attempts >= this.config.maxAttempts) throw stalledTooOften(order);
      this.logger.info(log, 'work begins');
      const row = await this.handlers.handle(order.command, this.contextFor(hold));
      crashPoint('archiver.before-report');
      await this.endings.done(order, row);
      this.logger.info(log, 'work is done');
    } catch (error) {
      await this.endings.after(order, signal.aborted ? signal.reason : error);
    } finally {
      this.recalls.ended(order);
    }
  }

  private async renew(hold: Hold<WorkOrder>, until: Date): Promise<boolean> {
    const { item: order } = hold;
    const { movedAt, said = this.nothingYetOf(order), readAt } = this.headwayOf(order);
    const silentFor = this.clock.now().getTime() - movedAt;
    if (silentFor > this.config.stallLimit) {
      this.logger.error({ workOrderId: order._id, silentFor }, 'work makes no headway: it is given back');
      await this.handOn(hold, `No headway for ${silentFor} ms.`);
      return false;
    }
    const renewed = await this.orders.renew(order, until, this.beat(order));
    await this.recalls.renew(order, until);
    // A sign of life: what it does may take minutes without a byte, the first one too.
    this.send(order, said, readAt);
    if (renewed?.cancelRequested === true) this.interrupt(hold);
    return renewed !== undefined;
  }

  /** How far it is; how fast since the last heartbeat, in the same phase. */
  private beat(order: WorkOrder): Headway {
    const way = this.headwayOf(order);
    const [phase, bytesDone, bytesTotal] = way.said ?? this.nothingYetOf(order);
    const [at, before] = [this.clock.now().getTime(), way.beat];
    way.beat = { at, phase, bytes: bytesDone };
    const isComparable = before?.phase === phase && at > before.at && bytesDone >= before.bytes;
    if (!isComparable) return { phase, bytesDone, bytesTotal };
    const rate = Math.round(((bytesDone - before.bytes) * 1000) / (at - before.at));
    return { phase, bytesDone, bytesTotal, rate };
  }

  private contextFor({ item: order, signal }: Hold<WorkOrder>): WorkContext {
    return {
      epoch: order.epoch,
      signal,
      ...(order.left === undefined ? {} : { left: order.left }),
      progress: (...said) => {
        const now = this.clock.now().getTime();
        const headway = this.headwayOf(order);
        this.enter(order, said[0]);
        Object.assign(headway, { movedAt: now, said });
        if (now - headway.sentAt < progressInterval) return;
        headway.sentAt = now;
        this.send(order, said, headway.readAt);
      },
      readsAt: (target) => {
        const headway = this.headwayOf(order);
        headway.readAt = target;
        this.send(order, headway.said ?? this.nothingYetOf(order), target);
      },
    };
  }

  private send(order: WorkOrder, [phase, done, total, reason, code]: Said, readAt?: string): void {
    this.reporting.send(order, phase, done, total, reason, code, readAt);
  }

  private nothingYetOf(order: WorkOrder): Said {
    return this.recalls.mayWaitForMedium(order) ? atTape : atWork;
  }

  private headwayOf(order: WorkOrder): Way {
    return this.headway.get(order) ?? { movedAt: this.clock.now().getTime(), sentAt: 0 };
  }
}

function stalledTooOften({ _id, attempts, fault }: WorkOrder): PermanentError {
  return new PermanentError(
    'archiver.stalled',
    `Expected ${_id} to get on, found that ${attempts} workers gave it up. ${fault?.message ?? 'Look at the storage its files lie on'}; then retry the job.`,
  );
}
