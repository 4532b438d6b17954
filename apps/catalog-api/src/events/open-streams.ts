import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock, messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { CallerLookup } from '../accounts/caller-lookup.js';
import type { Session } from '../persistence/records.js';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import type { Caller } from '../domain/access.js';
import { TooManyRequests } from '../domain/errors.js';
import { OpenStream } from './open-stream.js';

/** Milliseconds after which it is looked up again for whom a session stands: people leave, groups change. */
const trustedFor = 10_000;
/** Sessions looked up in one round. */
const maxChecks = 20;
/** Seconds. */
const comeAgain = 30;
/** Milliseconds a reader has for the end of a stream when the process stops. */
const endPatience = 2000;

/** The event streams of this process: how many there may be, and whose they still are. */
@Injectable()
export class OpenStreams {
  private readonly streams = new Set<OpenStream>();
  private isClosed = false;

  constructor(
    private readonly callers: CallerLookup,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get count(): number {
    return this.streams.size;
  }

  /**
   * @param onEnd once, when the client closed, or was left
   * @throws TooManyRequests when this person, or this process, has too many open
   */
  open(session: Session, caller: Caller, reply: FastifyReply, onEnd: () => void): OpenStream {
    this.admit(caller);
    reply.hijack();
    const { raw } = reply;
    const stream = new OpenStream(raw, session, caller, this.clock.now().getTime());
    this.streams.add(stream);
    const left = (): void => {
      if (this.streams.delete(stream)) onEnd();
    };
    raw.once('close', left);
    // A client that left before this line closes nothing any more.
    if (raw.destroyed || raw.socket?.destroyed === true) setImmediate(left);
    else stream.begin();
    return stream;
  }

  breathe(): void {
    for (const stream of this.streams) stream.breathe();
  }

  /** Ends the streams of sessions that ended, and learns what the others' callers may see today. */
  async check(): Promise<void> {
    const now = this.clock.now().getTime();
    for (const stream of this.streams) if (stream.session.expiresAt <= now) stream.end();
    const due = [...this.streams]
      .filter(({ checkedAt }) => now - checkedAt >= trustedFor)
      .sort((one, other) => one.checkedAt - other.checkedAt);
    const sessions = new Map(due.map(({ session }) => [session.digest, session]));
    for (const session of [...sessions.values()].slice(0, maxChecks)) await this.checkSession(session, now);
  }

  close(): void {
    this.isClosed = true;
    for (const stream of this.streams) stream.end();
    // A client that does not read the end must not keep the process.
    setTimeout(() => this.streams.forEach((stream) => stream.drop()), endPatience).unref();
  }

  private admit({ _id }: Caller): void {
    const { perPerson, perProcess } = this.config.eventStreams;
    if (this.isClosed || this.streams.size >= perProcess)
      throw new TooManyRequests(
        `This process holds ${this.streams.size} event streams, and takes no more: come again later, or read the job instead.`,
        comeAgain,
      );
    const own = [...this.streams].filter(({ caller }) => caller._id === _id).length;
    if (own >= perPerson)
      throw new TooManyRequests(`${own} event streams of yours are open: close one of them.`, comeAgain);
  }

  private async checkSession(session: Session, now: number): Promise<void> {
    try {
      const caller = await this.callers.callerOfSession(session);
      for (const stream of this.streams) {
        if (stream.session.digest !== session.digest) continue;
        stream.checkedAt = now;
        if (caller === undefined) stream.end();
        else stream.caller = caller;
      }
    } catch (error) {
      this.logger.warn({ error: messageOf(error) }, 'could not look a listener up again');
    }
  }
}
