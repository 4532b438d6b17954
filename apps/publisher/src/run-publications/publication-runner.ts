import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import { LeasedWorker } from '#leased-work';
import { inContextOf } from '#messaging';
import { startSpan, type Logger, LOGGER } from '#observability';
import { nextStep, type Step } from '../domain/next-step.js';
import { LeasedPublications } from '../persistence/leased-publications.js';
import { LeaseLost, type Lease } from '../persistence/lease.js';
import { PublisherStore } from '../persistence/publisher-store.js';
import type { Publication } from '../persistence/records.js';
import { ConfigToken, type PublisherConfig } from '../publisher.config.js';
import { PublicationFaults } from './publication-faults.js';
import { PublicationSteps } from './publication-steps.js';

const idlePause = 1000;
/** While no publication is due within a lease: whoever accepts one calls. */
const maxPause = 5000;

/** A publication that a worker has taken. */
type Taken = Pick<Publication, '_id' | 'epoch'>;

/**
 * Takes one publication at a time under a lease with heartbeat and fencing token, and goes step by step until nothing
 * is left to do. One worker for each DOI: DataCite knows no conditional writes.
 */
@Injectable()
export class PublicationRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly worker: LeasedWorker<Taken>;

  constructor(
    private readonly store: PublisherStore,
    private readonly held: LeasedPublications,
    private readonly steps: PublicationSteps,
    private readonly faults: PublicationFaults,
    clock: Clock,
    @Inject(ConfigToken) private readonly config: PublisherConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.worker = new LeasedWorker<Taken>({
      ...{ name: 'publications', clock, lease: config.lease, lanes: config.workers },
      ...{ pause: idlePause, maxPause, nextDue: () => held.nextDue() },
      take: (now, until) => held.takeDue(now, until),
      renew: ({ item }, until) => held.renew(item, until),
      run: ({ item: { _id: doi, epoch }, signal }) => this.take({ doi, epoch, signal }),
      leaseLost: ({ _id }) => new LeaseLost(_id),
      onFault: (error) =>
        logger.warn({ error: messageOf(error) }, 'could not take a publication, trying again'),
      onSkippedBeat: ({ _id: doi }, error) =>
        logger.warn({ doi, error: messageOf(error) }, 'heartbeat failed; the lease may run out'),
    });
  }

  onApplicationBootstrap(): void {
    if (this.config.datacite === undefined)
      this.logger.warn(
        'draft mode: no account at DataCite (DOI_USERNAME, DOI_PASSWORD); pages are made, DOIs are not registered',
      );
    this.worker.start(this.store.whenReady());
  }

  /** A step that runs is waited for: each is short, and safe to take again. */
  beforeApplicationShutdown(): Promise<void> {
    return this.worker.stop();
  }

  wake(): void {
    this.worker.wake();
  }

  private async take(lease: Lease): Promise<void> {
    try {
      await this.run(lease);
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      this.logger.warn({ doi: lease.doi }, 'another worker has taken over');
    }
  }

  private async takeStep(step: Step, publication: Publication, lease: Lease): Promise<void> {
    const { context, version, attempts } = publication;
    this.logger.debug({ doi: lease.doi, step }, 'step begins');
    const span = startSpan({
      ...{ name: `work ${step}`, kind: 'internal', parent: context?.traceparent ?? '' },
      attributes: { 'catena.attempt': attempts + 1 },
    });
    const within = context === undefined ? {} : { context: { ...context, traceparent: span.traceparent } };
    await inContextOf(within, () => this.steps.take(step, publication, lease)).finally(() => span.end());
    this.logger.info({ doi: lease.doi, step, version }, 'step is done');
  }

  private async run(lease: Lease): Promise<void> {
    for (;;) {
      // A step that heard of the loss too late has ended well: the next one is another worker's.
      if (lease.signal.aborted) throw new LeaseLost(lease.doi);
      const publication = await this.held.read(lease);
      const step = nextStep(publication, this.config.datacite !== undefined);
      if (step === undefined) return this.held.rest(lease, publication.heard);
      if (this.worker.stopping.aborted) return this.held.release(lease);
      try {
        await inContextOf(publication, () => this.takeStep(step, publication, lease));
      } catch (error) {
        if (error instanceof LeaseLost) throw error;
        await inContextOf(publication, () => this.faults.after(step, publication, lease, error));
        return;
      }
    }
  }
}
