import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { workCancelledV1, workFailedV1, workProgressedV1, type FaultKind, type Phase } from '#contracts';
import {
  CatenaError,
  Clock,
  PermanentError,
  TransientError,
  WorkLoop,
  backOff,
  crashPoint,
  isAway,
  isRetriable,
  messageOf,
  stillMoving,
} from '#kernel';
import { inContextOf, MessageTransport, Naming, wireMessageOf } from '#messaging';
import type { Logger } from '#observability';
import { eventRow, LOGGER, OutboxRelay, pushRows, type OutboxRow } from '#outbox';
import type { ArchiverConfig } from '../archiver.config.js';
import { ConfigToken } from '../archiver.tokens.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import type { Work } from '../persistence/records.js';
import { waitingCodes, WorkDeferred, type WorkContext } from './work-context.js';
import { WorkHandlers } from './work-handlers.js';

const idlePause = 1000;
const progressInterval = 1000;

const userCodes: ReadonlySet<string> = new Set([
  'datablock.member-missing',
  'datablock.member-changed',
  'datablock.not-a-file',
  'datablock.outside-folder',
  'datablock.checksum-mismatch',
  'archiver.originals-incomplete',
  'archiver.source-refused',
  'archiver.datablock-unknown',
]);

type Said = readonly [phase: Phase, bytesDone: number, bytesTotal: number, reason?: string];

/** Said of work that has begun, while a tape waits for its drive. 0 of 0 bytes: job-assembler lowers no share by it. */
const nothingYet: Said = [
  'waiting',
  0,
  0,
  'A worker of the archiver has begun with it, and storage has given no byte yet (a tape may wait for a drive).',
];

interface Running {
  readonly work: Work;
  /** When the work last got on. */
  movedAt: number;
  /** Its last progress; none before the first byte. */
  said?: Said;
  readonly aborting: AbortController;
  readonly heartbeat: NodeJS.Timeout;
}

/** Sends progress: unconfirmed, because the next one replaces it. */
@Injectable()
export class ProgressReporting {
  constructor(
    private readonly transport: MessageTransport,
    private readonly naming: Naming,
    readonly clock: Clock,
  ) {}

  /** @param reason what it waits for */
  send(
    work: Pick<Work, '_id' | 'jobId' | 'context'>,
    phase: Phase,
    bytesDone: number,
    bytesTotal: number,
    reason?: string,
  ): void {
    // Signs of life are given from outside: they belong to the request that led to the work all the same.
    const { _id: workOrderId, jobId, context } = work;
    const why = reason === undefined ? {} : { reason: reason.slice(0, 2000) };
    const data = { workOrderId, jobId, bytesDone, bytesTotal, phase, ...why };
    const { envelope } = eventRow(
      workProgressedV1,
      data,
      { subject: work._id, partitionKey: work._id, sequence: 0, context },
      this.clock.now(),
    );
    this.transport.send(wireMessageOf(this.naming, envelope!));
  }
}

/**
 * Takes work under a lease with a heartbeat and a fencing token, runs it, and writes its end together with the message
 * that tells of it. A worker that lost its lease finds its writes refused.
 */
@Injectable()
export class WorkRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: WorkLoop;
  private readonly running = new Map<string, Running>();
  private yielding = false;

  constructor(
    private readonly store: ArchiverStore,
    private readonly handlers: WorkHandlers,
    private readonly relay: OutboxRelay,
    private readonly reporting: ProgressReporting,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'work orders',
      takeOne: () => this.takeOne(),
      pause: idlePause,
      lanes: config.workers,
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'could not take work, trying again'),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start(this.store.whenReady());
  }

  /** Running work is given back, not waited for: whoever is next continues from what is durable. */
  async beforeApplicationShutdown(): Promise<void> {
    const stopped = this.loop.stop();
    for (const { aborting } of this.running.values())
      aborting.abort(new TransientError('archiver.stopping', 'The archiver is being stopped.'));
    await stopped;
  }

  wake(): void {
    this.loop.wake();
  }

  /** Stops the order if it runs here; elsewhere the heartbeat notices. An order that waits becomes due. */
  cancel(workOrderId: string): void {
    this.running
      .get(workOrderId)
      ?.aborting.abort(new TransientError('archiver.cancelled', 'The work order was cancelled.'));
    void this.store.works
      .updateOne(
        { _id: workOrderId, state: 'open', cancelRequested: true, lastFault: { $exists: true } },
        { $set: { dueAt: this.reporting.clock.now() } },
      )
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
    this.yielding = true;
    for (const running of [...this.running.values()])
      await this.handOn(running, 'Its worker could no longer read files.');
  }

  /**
   * Gives work that hangs to another worker; it costs an attempt, so that one bad file cannot hold up all workers in turn.
   * What hangs here keeps its lane from moving, which fails liveness.
   */
  private async handOn({ work, aborting, heartbeat }: Running, reason: string): Promise<void> {
    clearInterval(heartbeat);
    aborting.abort(leaseLost(work));
    await this.giveBack(work, 0, work.attempts + 1, reason).catch((error: unknown) =>
      this.logger.warn(
        { workOrderId: work._id, error: messageOf(error) },
        'could not give work back; its lease runs out',
      ),
    );
  }

  resume(): void {
    this.yielding = false;
    this.loop.wake();
  }

  private async takeOne(): Promise<boolean> {
    if (this.yielding) return false;
    const now = this.reporting.clock.now();
    const work = await this.store.works.findOneAndUpdate(
      { state: 'open', dueAt: { $lte: now } },
      {
        $set: { dueAt: new Date(now.getTime() + this.config.lease) },
        $inc: { epoch: 1 },
        // A running order does not wait: a cancellation must not make it due for somebody else.
        $unset: { lastFault: '' },
      },
      { sort: { dueAt: 1 }, returnDocument: 'after' },
    );
    if (work === null) return false;
    const aborting = new AbortController();
    const heartbeat = setInterval(() => void this.beat(running), this.config.lease / 3);
    const running: Running = { work, aborting, heartbeat, movedAt: this.reporting.clock.now().getTime() };
    this.running.set(work._id, running);
    try {
      await inContextOf(work, () => this.run(work, aborting));
    } finally {
      clearInterval(heartbeat);
      this.running.delete(work._id);
    }
    return true;
  }

  private async run(work: Work, aborting: AbortController): Promise<void> {
    const log = { workOrderId: work._id, kind: work.command.kind, epoch: work.epoch };
    try {
      if (work.cancelRequested)
        aborting.abort(new TransientError('archiver.cancelled', 'The work order was cancelled.'));
      aborting.signal.throwIfAborted();
      if (work.attempts >= this.config.mostAttempts) throw stalledTooOften(work);
      this.logger.info(log, 'work begins');
      const row = await this.handlers.handle(work.command, this.contextFor(work, aborting.signal));
      crashPoint('archiver.before-report');
      await this.end(work, 'done', row);
      this.logger.info(log, 'work is done');
    } catch (error) {
      await this.afterFault(work, aborting.signal.aborted ? aborting.signal.reason : error);
    }
  }

  private async beat(running: Running): Promise<void> {
    const { work, aborting, movedAt } = running;
    const silentFor = this.reporting.clock.now().getTime() - movedAt;
    if (silentFor > this.config.stallLimit) {
      this.logger.error({ workOrderId: work._id, silentFor }, 'work makes no headway: it is given back');
      return this.handOn(running, `No headway for ${silentFor} ms.`);
    }
    try {
      const current = await this.renew(work);
      stillMoving();
      // A sign of life: what it does may take minutes without a byte, the first one too.
      this.reporting.send(work, ...(running.said ?? nothingYet));
      if (current === null) aborting.abort(leaseLost(work));
      else if (current.cancelRequested)
        aborting.abort(new TransientError('archiver.cancelled', 'The work order was cancelled.'));
    } catch (error) {
      this.logger.warn(
        { workOrderId: work._id, error: messageOf(error) },
        'heartbeat failed; the lease may run out',
      );
      // From here on somebody else may hold it.
      if (this.reporting.clock.now() >= work.dueAt) aborting.abort(leaseLost(work));
    }
  }

  /** @returns null when the order is over, or somebody else has the newer token */
  private async renew(work: Work): Promise<Pick<Work, 'cancelRequested'> | null> {
    const dueAt = new Date(this.reporting.clock.now().getTime() + this.config.lease);
    const current = await this.store.works.findOneAndUpdate(
      { _id: work._id, epoch: work.epoch, state: 'open' },
      { $set: { dueAt } },
      { projection: { cancelRequested: 1 } },
    );
    if (current !== null) work.dueAt = dueAt;
    return current;
  }

  private async afterFault(work: Work, error: unknown): Promise<void> {
    const code = error instanceof CatenaError ? error.code : 'archiver.unexpected-error';
    const facts = { workOrderId: work._id, kind: work.command.kind, code, error: messageOf(error) };
    if (code === 'archiver.lease-lost')
      return this.logger.warn(facts, 'lost the lease; the other worker goes on');
    if (code === 'archiver.cancelled') return this.cancelled(work);
    if (code === 'archiver.stopping') return this.giveBack(work, 0, work.attempts, messageOf(error));
    if (error instanceof WorkDeferred)
      return this.giveBack(work, error.pause, work.attempts, messageOf(error));
    const waiting = waitingCodes.has(code) || isAway(error);
    const attempts = work.attempts + (waiting ? 0 : 1);
    if (!waiting && (!isRetriable(error) || attempts >= this.config.mostAttempts)) {
      this.logger.error({ ...facts, attempts }, 'work failed');
      return this.end(work, 'failed', this.failedRow(work, code, error));
    }
    const { first, most } = this.config.retryPause;
    const pause = waiting ? first : first + backOff(attempts, first, most);
    this.logger.warn({ ...facts, attempts, pause }, waiting ? 'work waits' : 'work will be tried again');
    await this.giveBack(work, pause, attempts, messageOf(error));
  }

  /** "Cancelled" means that nothing is left; while storage is away, the order waits for that. */
  private async cancelled(work: Work): Promise<void> {
    try {
      // Only who holds the order takes anything back: its end may have been written, or somebody else may run it.
      if (!(await this.renew(work)))
        return this.logger.warn({ workOrderId: work._id }, 'no longer ours to cancel');
      await this.handlers.undo(work.command).catch((error: unknown) => {
        if (isRetriable(error)) throw error;
        // What must not be taken back stays, and the order is over all the same.
        this.logger.error({ workOrderId: work._id, error: messageOf(error) }, 'nothing was taken back');
      });
      await this.end(work, 'cancelled', this.cancelledRow(work));
    } catch (error) {
      this.logger.warn(
        { workOrderId: work._id, error: messageOf(error) },
        'cannot clean up after a cancelled order now; it waits',
      );
      await this.giveBack(work, this.config.retryPause.first, work.attempts, messageOf(error));
    }
  }

  /** The end and its message in one write, only by the holder of the newest token. */
  private async end(work: Work, state: Work['state'], row: OutboxRow): Promise<void> {
    const now = this.reporting.clock.now();
    const { $push, $set } = pushRows('outbox', [row], now);
    const { matchedCount } = await this.store.works.updateOne(
      { _id: work._id, epoch: work.epoch, state: 'open' },
      { $set: { ...$set, state }, $push },
    );
    if (matchedCount === 0)
      this.logger.warn(
        { workOrderId: work._id, epoch: work.epoch },
        'another worker has the newer token; this result is dropped',
      );
    crashPoint('archiver.after-end');
    this.relay.wake();
  }

  private async giveBack(work: Work, pause: number, attempts: number, lastFault: string): Promise<void> {
    const dueAt = new Date(this.reporting.clock.now().getTime() + pause);
    if (pause > 0) this.reporting.send(work, 'waiting', 0, 0, lastFault);
    await this.store.works.updateOne(
      { _id: work._id, epoch: work.epoch, state: 'open' },
      { $set: { dueAt, attempts, lastFault: lastFault.slice(0, 2000) } },
    );
  }

  private cancelledRow(work: Work): OutboxRow {
    return eventRow(
      workCancelledV1,
      { workOrderId: work._id, jobId: work.jobId },
      { subject: work._id, partitionKey: work._id, sequence: 9 },
      this.reporting.clock.now(),
    );
  }

  private failedRow(work: Work, code: string, error: unknown): OutboxRow {
    const fault: FaultKind = userCodes.has(code) ? 'user' : 'system';
    const published = code === 'datablock.member-missing' ? 'archiver.originals-incomplete' : code;
    const data = {
      workOrderId: work._id,
      jobId: work.jobId,
      pid: work.command.data.pid,
      code: published,
      message: messageOf(error).slice(0, 2000),
      fault,
    };
    return eventRow(
      workFailedV1,
      data,
      { subject: work._id, partitionKey: work._id, sequence: 9 },
      this.reporting.clock.now(),
    );
  }

  private contextFor(work: Work, signal: AbortSignal): WorkContext {
    let told = 0;
    return {
      epoch: work.epoch,
      signal,
      progress: (phase, bytesDone, bytesTotal) => {
        const now = this.reporting.clock.now().getTime();
        const running = this.running.get(work._id);
        if (running?.work.epoch === work.epoch) {
          running.movedAt = now;
          running.said = [phase, bytesDone, bytesTotal];
        }
        if (now - told < progressInterval) return;
        told = now;
        this.reporting.send(work, phase, bytesDone, bytesTotal);
      },
    };
  }
}

function stalledTooOften({ _id, attempts, lastFault }: Work): PermanentError {
  return new PermanentError(
    'archiver.stalled',
    `Expected ${_id} to get on, found that ${attempts} workers gave it up. ${lastFault ?? 'Look at the storage its files lie on'}; then retry the job.`,
  );
}

function leaseLost({ _id }: Work): TransientError {
  return new TransientError('archiver.lease-lost', `Another worker has taken over ${_id}.`);
}
