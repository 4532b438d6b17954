import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { decodeJwt } from 'jose';
import { Clock } from '#kernel';
import { HostedLoop } from '#leased-work';
import { LOGGER, metrics, type Logger } from '#observability';
import { CatalogClient } from '../calls/catalog-client.js';
import { ConsoleError } from '../edge/console-error.js';
import { securityHeaders } from '../edge/security-headers.js';
import { permits, type CurrentSession } from '../session/session.js';
import { Sessions } from '../session/sessions.service.js';
import { Hearsay } from './hearsay.js';
import { PersonFeed } from './person-feed.js';
import { Tab, type Topic } from './tab.js';

/** Milliseconds between two rounds. */
const pause = 1000;
/** Rounds between signs of life on each stream. */
const roundsPerBreath = 15;
/** Rounds between hints that operations may have changed: while nobody tells the console, and while the broker does, as it does not tell all. */
const roundsPerHint = { untold: 5, told: 15 };
/** Milliseconds in which several things that were told become one hint. */
const hintPause = 250;
/** Milliseconds for which a session of an open page is believed, and how many are looked at in one round. */
const trustedFor = 60_000;
const maxChecks = 20;
/** Streams of one person, and of this process. */
const perPerson = 40;
const perProcess = 2000;

/** The event streams of this process: one of catalog-api for each person, shared by that person's pages. */
@Injectable()
export class ConsoleStreams extends HostedLoop {
  private readonly feeds = new Map<string, PersonFeed>();
  private rounds = 0;
  private isClosed = false;
  private hinting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly catalogue: CatalogClient,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
    private readonly hearsay: Hearsay,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({ name: 'events for pages', pause, logger, fault: 'event streams could not be served' });
  }

  override onApplicationBootstrap(): void {
    metrics.measure({
      name: 'streams',
      gauges: { catena_event_streams: { help: 'Open event streams of this process.' } },
      read: () => [{ metric: 'catena_event_streams', value: this.tabs.length }],
    });
    this.hearsay.listen((context) => this.hint(context));
    super.onApplicationBootstrap();
  }

  override onModuleDestroy(): void {
    this.isClosed = true;
    clearTimeout(this.hinting);
    for (const feed of this.feeds.values()) feed.close();
    super.onModuleDestroy();
  }

  /** @throws ConsoleError `console.too-many-streams` */
  open(
    session: CurrentSession,
    wanted: ReadonlySet<Topic>,
    lastEventId: string | undefined,
    reply: FastifyReply,
  ): void {
    const person = personOf(session);
    const known = this.feeds.get(person);
    this.admit(known);
    const feed = known ?? this.newFeed();
    this.feeds.set(person, feed);
    reply.hijack();
    const { raw } = reply;
    const tab = new Tab(raw, session, wanted, this.now);
    raw.writeHead(200, {
      ...securityHeaders(),
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Proxies that keep answers back until they are whole would keep all of it.
      'x-accel-buffering': 'no',
    });
    raw.once('close', () => {
      feed.leave(tab);
      if (feed.tabs.size === 0 && this.feeds.get(person) === feed) this.feeds.delete(person);
    });
    feed.join(tab, lastEventId);
  }

  async round(): Promise<void> {
    this.rounds += 1;
    const now = this.now;
    for (const feed of this.feeds.values()) {
      for (const tab of feed.tabs) {
        if (this.sessions.isOver(tab.session)) tab.end();
        else if (this.rounds % roundsPerBreath === 0) tab.breathe();
      }
      feed.beat();
    }
    // What is not told: pages fetch again what they show, and say where nothing is told at all.
    const isTold = this.hearsay.connected;
    if (this.rounds % roundsPerHint[isTold ? 'told' : 'untold'] === 0) this.tell(isTold ? 'all' : 'polled');
    const due = this.tabs.filter(({ checkedAt }) => now - checkedAt >= trustedFor).slice(0, maxChecks);
    await Promise.all(due.map((tab) => this.check(tab, now)));
  }

  /** The first of several that come together says what it is about, all of them what pages are to fetch again. */
  private hint(context: string): void {
    this.hinting ??= setTimeout(() => {
      this.hinting = undefined;
      this.tell(context);
    }, hintPause);
  }

  private tell(topic: string): void {
    const data = JSON.stringify({ topic });
    for (const feed of this.feeds.values())
      for (const tab of feed.tabs) if (hears(tab)) feed.tell(tab, 'operations', data);
  }

  private async check(tab: Tab, now: number): Promise<void> {
    tab.checkedAt = now;
    try {
      tab.session = await this.sessions.current(tab.session);
    } catch (error) {
      if (!(error instanceof ConsoleError)) throw error;
      tab.end();
    }
  }

  private newFeed(): PersonFeed {
    return new PersonFeed({
      clock: this.clock,
      listen: (token, lastEventId, signal) => this.catalogue.stream({ token }, lastEventId, signal),
      onRefused: (session) => this.sessions.doubt(session),
    });
  }

  private admit(own: PersonFeed | undefined): void {
    const isFull = this.isClosed || this.tabs.length >= perProcess;
    if (!isFull && (own?.tabs.size ?? 0) < perPerson) return;
    throw new ConsoleError(
      429,
      'console.too-many-streams',
      isFull
        ? 'This process of the console holds as many event streams as it takes: pages go on without.'
        : `Expected at most ${perPerson} open pages of one person, found more: close some of them.`,
      { retryAfter: '30' },
    );
  }

  private get tabs(): readonly Tab[] {
    return [...this.feeds.values()].flatMap(({ tabs }) => [...tabs]);
  }

  private get now(): number {
    return this.clock.now().getTime();
  }
}

function hears({ wanted, session }: Tab): boolean {
  return wanted.has('operations') && permits(session, 'operations.read');
}

/** By the id of the account: one person may have several sessions. */
function personOf({ token, key }: CurrentSession): string {
  const id = token === undefined ? undefined : decodeJwt(token)['_id'];
  return typeof id === 'string' ? `account ${id}` : `session ${key}`;
}
