import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { crashPoint, messageOf, withoutCredentials } from '#kernel';
import { RabbitTransport, type Delivery, type Settlement, type Subscription } from '#messaging';
import { LOGGER, type Logger } from '#observability';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import { BridgeStore } from '../persistence/bridge-store.js';
import { ConfigToken, type ScicatBridgeConfig } from '../scicat-bridge.config.js';
import { JobWorker } from '../tell-scicat/job-worker.js';
import { jobIdIn } from './job-id.js';

const prefetch = 16;

/**
 * SciCat's job feed (its `rabbitmq` action): each message names a job to look at, and is settled when that is stored. What no id can be
 * read from is settled, too, and logged: SciCat's poll finds the job that it may have meant.
 */
@Injectable()
export class JobFeed implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly transport: RabbitTransport | undefined;
  private subscription: Promise<Subscription | undefined> = Promise.resolve(undefined);

  constructor(
    private readonly jobs: BridgeJobs,
    private readonly store: BridgeStore,
    private readonly worker: JobWorker,
    @Inject(ConfigToken) private readonly config: ScicatBridgeConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { feed, serviceHost } = config;
    this.transport =
      feed &&
      new RabbitTransport(
        {
          ...{
            url: feed.url,
            connectionName: 'scicat-bridge feed',
            answerLimit: serviceHost.brokerAnswerLimit,
          },
          // Its queue belongs to SciCat's broker: the bridge works without, by the poll.
          onFatal: (error) =>
            logger.error({ code: error.code, error: error.message }, 'the job feed is unusable'),
        },
        logger,
      );
  }

  /** Whether SciCat's broker can be heard; undefined: there is no feed. */
  get connected(): boolean | undefined {
    return this.transport?.connected;
  }

  onApplicationBootstrap(): void {
    this.subscription = this.listen().catch((error: unknown) => {
      this.logger.error(
        { error: messageOf(error) },
        'could not listen to the job feed; jobs are found by the poll',
      );
      return undefined;
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.transport?.close();
  }

  private async listen(): Promise<Subscription | undefined> {
    const { feed } = this.config;
    if (feed === undefined || this.transport === undefined) return undefined;
    const { url, queue, exchange, key } = feed;
    await this.store.whenReady();
    await this.transport.declare({
      exchanges: [{ name: exchange, kind: 'topic', foreign: true }],
      queues: [{ name: queue, foreign: true }],
      bindings: [{ queue, exchange, key }],
    });
    const subscription = await this.transport.consume(queue, { prefetch }, (delivery) => this.take(delivery));
    this.logger.info({ broker: withoutCredentials(url), queue }, 'listening to the job feed');
    return subscription;
  }

  private async take({ body }: Delivery): Promise<Settlement> {
    const id = jobIdIn(body);
    if (id === undefined) {
      this.logger.warn(
        { code: 'bridge.feed-unreadable', bytes: body.length },
        'a message of the job feed names no job: it is dropped',
      );
      return 'ack';
    }
    try {
      await this.jobs.see(id, 'feed');
      crashPoint('bridge.after-feed');
    } catch (error) {
      this.logger.warn(
        { jobId: id, error: messageOf(error) },
        'could not store a job of the feed, trying again',
      );
      return 'requeue';
    }
    this.worker.wake();
    return 'ack';
  }
}
