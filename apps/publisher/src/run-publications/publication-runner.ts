import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock, messageOf, stillMoving, WorkLoop } from '#kernel';
import { inContextOf } from '#messaging';
import { type Logger, LOGGER } from '#observability';
import { nextStep } from '../domain/next-step.js';
import { PublisherStore } from '../persistence/publisher-store.js';
import type { Publication } from '../persistence/records.js';
import type { PublisherConfig } from '../publisher.config.js';
import { ConfigToken } from '../publisher.tokens.js';
import { LeaseLost, type Lease } from './lease.js';
import { PublicationFaults } from './publication-faults.js';
import { PublicationSteps } from './publication-steps.js';

const idlePause = 1000;

/** What the runner works with, beside the database. */
@Injectable()
export class RunnerParts {
  constructor(
    readonly steps: PublicationSteps,
    readonly faults: PublicationFaults,
  ) {}
}

/**
 * Takes one publication at a time under a lease with heartbeat and fencing token, and goes step by step until nothing
 * is left to do. One worker for each DOI: DataCite knows no conditional writes.
 */
@Injectable()
export class PublicationRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: WorkLoop;

  constructor(
    private readonly store: PublisherStore,
    private readonly parts: RunnerParts,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublisherConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'publications',
      takeOne: () => this.takeOne(),
      pause: idlePause,
      lanes: config.workers,
      onFault: (error) =>
        logger.warn({ error: messageOf(error) }, 'could not take a publication, trying again'),
    });
  }

  onApplicationBootstrap(): void {
    if (this.config.datacite === undefined)
      this.logger.warn(
        'draft mode: no account at DataCite (DOI_USERNAME, DOI_PASSWORD); pages are made, DOIs are not registered',
      );
    this.loop.start(this.store.whenReady());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  wake(): void {
    this.loop.wake();
  }

  private async takeOne(): Promise<boolean> {
    const now = this.clock.now();
    const taken = await this.store.publications.findOneAndUpdate(
      { dueAt: { $lte: now }, leasedUntil: { $lte: now } },
      { $set: { leasedUntil: this.leaseEnd() }, $inc: { epoch: 1 } },
      { sort: { dueAt: 1 }, returnDocument: 'after', projection: { epoch: 1 } },
    );
    if (taken === null) return false;
    const lease: Lease = { doi: taken._id, epoch: taken.epoch, lost: new AbortController() };
    const heartbeat = setInterval(() => void this.beat(lease), this.config.lease / 3);
    try {
      await this.run(lease);
    } catch (error) {
      if (error instanceof LeaseLost) this.logger.warn({ doi: lease.doi }, 'another worker has taken over');
      else throw error;
    } finally {
      clearInterval(heartbeat);
    }
    return true;
  }

  private async run(lease: Lease): Promise<void> {
    for (;;) {
      const publication = await this.store.publications.findOne({ _id: lease.doi, epoch: lease.epoch });
      if (publication === null) throw new LeaseLost(lease.doi);
      const step = nextStep(publication, this.config.datacite !== undefined);
      if (step === undefined || this.loop.stopping.aborted) {
        await this.rest(lease, publication, step === undefined);
        return;
      }
      try {
        this.logger.debug({ doi: lease.doi, step }, 'step begins');
        await inContextOf(publication, () => this.parts.steps.take(step, publication, lease));
        this.logger.info({ doi: lease.doi, step, version: publication.version }, 'step is done');
      } catch (error) {
        if (error instanceof LeaseLost || lease.lost.signal.aborted) throw new LeaseLost(lease.doi);
        await inContextOf(publication, () => this.parts.faults.after(step, publication, lease, error));
        return;
      }
    }
  }

  /** A wish that came meanwhile keeps it due. */
  private async rest({ doi, epoch }: Lease, { heard }: Publication, isDone: boolean): Promise<void> {
    const free = { leasedUntil: new Date(0) };
    if (isDone) {
      const { matchedCount } = await this.store.publications.updateOne(
        { _id: doi, epoch, heard },
        { $set: { ...free, attempts: 0 }, $unset: { dueAt: '', lastFault: '' } },
      );
      if (matchedCount === 1) return;
    }
    await this.store.publications.updateOne({ _id: doi, epoch }, { $set: free });
  }

  private async beat({ doi, epoch, lost }: Lease): Promise<void> {
    try {
      const { matchedCount } = await this.store.publications.updateOne(
        { _id: doi, epoch },
        { $set: { leasedUntil: this.leaseEnd() } },
      );
      stillMoving();
      if (matchedCount === 0) lost.abort(new LeaseLost(doi));
    } catch (error) {
      this.logger.warn({ doi, error: messageOf(error) }, 'heartbeat failed; the lease may run out');
    }
  }

  private leaseEnd(): Date {
    return new Date(this.clock.now().getTime() + this.config.lease);
  }
}
