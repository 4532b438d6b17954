import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock, messageOf, WorkLoop } from '#kernel';
import type { Logger } from '#observability';
import { AppHealth, LOGGER, type PartHealth } from '#outbox';
import { ArchiverStore } from '../persistence/archiver-store.js';
import { ProgressReporting } from './work-runner.js';

const pause = 20_000;
/** Work orders told of in one look: more are not under way by the limits of job-assembler. */
const mostTold = 500;

/**
 * Says of all accepted work that is not running what it waits for, again and again. It is also the sign that an archiver
 * lives: job-assembler notices when it does not come.
 */
@Injectable()
export class WaitingSigns implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: WorkLoop;

  constructor(
    private readonly store: ArchiverStore,
    private readonly reporting: ProgressReporting,
    private readonly health: AppHealth,
    private readonly clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'signs of waiting work',
      takeOne: () => this.tell().then(() => false),
      pause,
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'could not tell what work waits for'),
    });
  }

  onApplicationBootstrap(): void {
    this.health.add('work', () => this.work());
    this.health.add('copies', () => this.copies());
    this.loop.start(this.store.whenReady());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** Running work is due when its lease is over, and has no fault: it speaks for itself. */
  async tell(): Promise<void> {
    const now = this.clock.now();
    const waiting = this.store.works
      .find(
        { state: 'open', $or: [{ lastFault: { $exists: true } }, { dueAt: { $lte: now } }] },
        { projection: { jobId: 1, lastFault: 1, context: 1 } },
      )
      .sort({ dueAt: 1 })
      .limit(mostTold);
    for await (const work of waiting)
      this.reporting.send(
        work,
        'waiting',
        0,
        0,
        work.lastFault ?? 'It waits until a worker of the archiver is free (ARCHIVER_WORKERS).',
      );
  }

  /** Datablocks with a copy that is known to be damaged. */
  private async copies(): Promise<PartHealth> {
    const damaged = await this.store.datablocks.countDocuments({ 'copies.damaged.at': { $exists: true } });
    return { status: damaged === 0 ? 'up' : 'damaged', damaged };
  }

  /** As readiness shows it. */
  private async work(): Promise<PartHealth> {
    const now = this.clock.now();
    const due = { state: 'open' as const, dueAt: { $lte: now } };
    const [open, waiting, overdue, first] = await Promise.all([
      this.store.works.countDocuments({ state: 'open' }),
      this.store.works.countDocuments({ state: 'open', lastFault: { $exists: true } }),
      this.store.works.countDocuments(due),
      this.store.works.findOne(due, { sort: { dueAt: 1 }, projection: { dueAt: 1 } }),
    ]);
    const oldestDueMs = first === null ? 0 : now.getTime() - first.dueAt.getTime();
    return { status: 'up', open, waiting, due: overdue, oldestDueMs };
  }
}
