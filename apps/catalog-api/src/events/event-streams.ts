import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock, messageOf, newId, WorkLoop } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import type { Session, JobRecord } from '../persistence/records.js';
import type { Caller } from '../domain/access.js';
import { JobNews } from './job-news.js';
import { JobFeed } from './job-feed.js';
import { JobWatchers } from './job-watchers.js';
import { OpenStreams } from './open-streams.js';

/** Milliseconds between looks at the database: another process may have changed a job. */
const pollInterval = 1000;
/** Looks between two signs of life on each stream. */
const looksPerBreath = 15;

/**
 * Server-sent events of this process. One loop with at most one look at a time serves all streams, however many there
 * are; without streams it looks at nothing.
 */
@Injectable()
export class EventStreams implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: WorkLoop;
  private readonly changed = new Set<string>();
  private looks = 0;
  /** When all streams were looked after last; milliseconds since 1970. */
  private roundAt = 0;

  constructor(
    private readonly streams: OpenStreams,
    private readonly watchers: JobWatchers,
    private readonly feed: JobFeed,
    private readonly news: JobNews,
    private readonly clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'events for clients',
      takeOne: async () => {
        await this.look();
        return false;
      },
      pause: pollInterval,
      onFault: (error) =>
        logger.warn({ error: messageOf(error) }, 'event streams could not look at the jobs'),
    });
  }

  get count(): number {
    return this.streams.count;
  }

  onApplicationBootstrap(): void {
    this.news.listen((jobId) => {
      if (!this.watchers.watches(jobId)) return;
      this.changed.add(jobId);
      this.loop.wake();
    });
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.streams.close();
    await this.loop.stop();
  }

  /** Of all jobs that the listener may see. @throws TooManyRequests */
  openForAll(session: Session, caller: Caller, reply: FastifyReply): void {
    const stream = this.streams.open(session, caller, reply, () => leave());
    const leave = this.feed.add(stream, this.clock.now());
    stream.send('connected', JSON.stringify({ id: newId() }));
  }

  /** Of one job, until it is over. @throws TooManyRequests */
  openForJob(job: JobRecord, session: Session, caller: Caller, reply: FastifyReply): void {
    const stream = this.streams.open(session, caller, reply, () => leave());
    const leave = this.watchers.add(job, stream);
  }

  /** One round for all streams. */
  async look(): Promise<void> {
    if (this.streams.count === 0) return this.changed.clear();
    const changed = [...this.changed];
    this.changed.clear();
    // News come one by one and in bursts: what is known to have changed is read alone, everything once a second. News may
    // also come faster than that for as long as jobs run: they put nothing off.
    if (changed.length > 0) await this.watchers.look(changed);
    const now = this.clock.now();
    if (changed.length > 0 && now.getTime() - this.roundAt < pollInterval) return;
    this.roundAt = now.getTime();
    this.looks += 1;
    if (this.looks % looksPerBreath === 0) this.streams.breathe();
    await this.streams.check();
    await this.watchers.look();
    await this.feed.look(now);
  }
}
