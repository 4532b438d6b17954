import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock, lifeSigns, messageOf, newId, type LifeSign } from '#kernel';
import type { Logger } from '#observability';
import { LOGGER } from '#outbox';
import { CallerLookup } from '../authentication/caller-lookup.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { TooManyRequests } from '../domain/errors.js';
import { acceptedJobs, Catalogue } from '../persistence/catalogue.js';
import type { JobRecord } from '../persistence/records.js';

interface Stream {
  readonly id: string;
  caller: Caller;
  readonly write: (text: string) => void;
  readonly stop: () => void;
}

const pollInterval = 1000;
const keepAliveInterval = 15_000;
/** Groups change and people leave: who listens is looked up again. */
const callerInterval = 60_000;
/** Clocks of processes differ; what is seen twice is sent once. */
const overlap = 5000;
const mostOfOneUser = 10;
const mostJobsAtOnce = 500;

/** Server-sent events about the jobs that a listener may see. One look at the database serves all streams of a process. */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  private readonly streams = new Map<string, Stream>();
  private readonly sent = new Map<string, number>();
  private timers: NodeJS.Timeout[] = [];
  private since = new Date(0);
  private looking = false;
  private sign: LifeSign | undefined;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly callers: CallerLookup,
    private readonly rules: AccessRules,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get count(): number {
    return this.streams.size;
  }

  /** @throws TooManyRequests when this user has too many streams open */
  open(caller: Caller, request: FastifyRequest, reply: FastifyReply): void {
    const own = [...this.streams.values()].filter((stream) => stream.caller._id === caller._id);
    if (own.length >= mostOfOneUser)
      throw new TooManyRequests(`${own.length} event streams are open: close one of them.`, 60);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      connection: 'keep-alive',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    });
    const id = newId();
    const stop = (): void => {
      this.streams.delete(id);
      if (this.streams.size === 0) this.rest();
      raw.end();
    };
    this.streams.set(id, { id, caller, stop, write: (text) => void raw.write(text) });
    request.raw.on('close', stop);
    raw.write(`event: connected\ndata: ${JSON.stringify({ id })}\n\n`);
    if (this.timers.length === 0) this.work();
  }

  beforeApplicationShutdown(): void {
    for (const { stop } of [...this.streams.values()]) stop();
  }

  private work(): void {
    this.since = this.clock.now();
    this.sign = lifeSigns.begin('events for clients');
    this.timers = [
      setInterval(() => void this.look(), pollInterval),
      setInterval(() => this.streams.forEach(({ write }) => write(': still here\n\n')), keepAliveInterval),
      setInterval(() => void this.refreshCallers(), callerInterval),
    ];
  }

  private rest(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
    this.sign?.end();
    this.sent.clear();
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const from = new Date(this.since.getTime() - overlap);
      const now = this.clock.now();
      const jobs = await this.catalogue.jobs
        .find({ updatedAt: { $gte: from }, ...acceptedJobs }, { projection: shown })
        .sort({ updatedAt: 1 })
        .limit(mostJobsAtOnce)
        .toArray();
      const last = jobs.length === mostJobsAtOnce ? jobs.at(-1)?.updatedAt : undefined;
      this.since = last === undefined ? now : new Date(last.getTime() + overlap);
      for (const job of jobs) this.tell(job);
      this.forgetOld(from);
    } catch (error) {
      this.logger.warn({ error: messageOf(error) }, 'event streams could not look at the jobs');
    } finally {
      this.looking = false;
      this.sign?.moved();
    }
  }

  private tell(job: JobRecord): void {
    const time = job.updatedAt.getTime();
    if (this.sent.get(job._id) === time) return;
    this.sent.set(job._id, time);
    const { _id: id, type, statusCode, statusMessage, updatedAt } = job;
    const text = `event: job\ndata: ${JSON.stringify({ id, type, statusCode, statusMessage, updatedAt })}\n\n`;
    for (const { caller, write } of this.streams.values())
      if (this.rules.allows(accessTable.job.read, caller, job)) write(text);
  }

  private forgetOld(from: Date): void {
    for (const [id, time] of this.sent) if (time < from.getTime()) this.sent.delete(id);
  }

  private async refreshCallers(): Promise<void> {
    for (const stream of [...this.streams.values()]) {
      try {
        const caller = await this.callers.callerWithId(stream.caller._id);
        if (caller === undefined) stream.stop();
        else stream.caller = caller;
      } catch (error) {
        this.logger.warn({ error: messageOf(error) }, 'could not look a listener up again');
      }
    }
  }
}

const shown = {
  type: 1,
  statusCode: 1,
  statusMessage: 1,
  updatedAt: 1,
  ownerUser: 1,
  ownerGroup: 1,
} as const;
