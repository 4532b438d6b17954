import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock, newId } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import type { Session, JobRecord } from '../persistence/records.js';
import type { Caller } from '../domain/access.js';
import { JobChanges } from './job-changes.js';
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
export class EventStreams extends HostedLoop {
  private readonly changed = new Set<string>();
  private looks = 0;
  /** When all streams were looked after last; milliseconds since 1970. */
  private roundAt = 0;

  constructor(
    private readonly streams: OpenStreams,
    private readonly watchers: JobWatchers,
    private readonly feed: JobFeed,
    private readonly news: JobChanges,
    private readonly clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'events for clients',
      pause: pollInterval,
      logger,
      fault: 'event streams could not look at the jobs',
    });
  }

  get count(): number {
    return this.streams.count;
  }

  override onApplicationBootstrap(): void {
    this.news.listen((jobId) => {
      if (!this.watchers.watches(jobId)) return;
      this.changed.add(jobId);
      this.wake();
    });
    super.onApplicationBootstrap();
  }

  /** Before any loop of the app is waited for: whoever listens may turn to another process at once. */
  override onModuleDestroy(): void {
    this.streams.close();
    super.onModuleDestroy();
  }

  /**
   * Of all jobs that the listener may see.
   *
   * @param lastEventId of one who was cut off: what it has heard last
   * @throws TooManyRequests
   */
  openForAll(session: Session, caller: Caller, reply: FastifyReply, lastEventId?: string): void {
    const stream = this.streams.open(session, caller, reply, () => leave());
    const leave = this.feed.add(stream, lastEventId);
    const place = lastEventId === undefined ? this.clock.now().getTime() : undefined;
    stream.send('connected', JSON.stringify({ id: newId() }), place);
    this.wake();
  }

  /** Of one job, until it is over. @throws TooManyRequests */
  openForJob(job: JobRecord, session: Session, caller: Caller, reply: FastifyReply): void {
    const stream = this.streams.open(session, caller, reply, () => leave());
    const leave = this.watchers.add(job, stream);
  }

  /** One round for all streams. */
  async round(): Promise<void> {
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
