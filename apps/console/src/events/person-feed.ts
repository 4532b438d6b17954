import type { Clock } from '#kernel';
import type { CurrentSession } from '../session/session.js';
import { heardEvents, type HeardEvent } from './heard-events.js';
import { Ring } from './ring.js';
import type { Tab } from './tab.js';

/** Opens catalog-api's stream of a person's jobs. */
export type Listen = (
  token: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
) => Promise<Response>;

export interface PersonFeedOptions {
  readonly clock: Clock;
  readonly listen: Listen;
  /** catalog-api does not take the token of this session any more. */
  readonly onRefused: (session: CurrentSession) => void;
}

/** Milliseconds before the first and the longest pause between two tries to connect. */
const firstPause = 1000;
const longestPause = 30_000;
/** Milliseconds without a sign of life, which comes every fifteen seconds, after which a connection counts as dead. */
const patience = 45_000;

interface State {
  readonly upstream: 'live' | 'away';
  readonly since: number;
}

interface Upstream {
  readonly session: CurrentSession;
  readonly leave: AbortController;
  heardAt: number;
}

/** All open pages of one person, which share one stream of catalog-api. */
export class PersonFeed {
  readonly tabs = new Set<Tab>();
  private readonly ring = new Ring();
  private upstream: Upstream | undefined;
  /** The last place that catalog-api has told; milliseconds since 1970. */
  private place: number | undefined;
  private state: State;
  private failures = 0;
  private nextTry = 0;

  constructor(private readonly options: PersonFeedOptions) {
    this.state = { upstream: 'away', since: this.now };
  }

  /** @param lastEventId what the page has heard last, as it says */
  join(tab: Tab, lastEventId: string | undefined): void {
    const isFirst = this.tabs.size === 0;
    this.tabs.add(tab);
    tab.begin();
    // Who hears of no jobs misses none: what else there is comes every few seconds.
    if (lastEventId !== undefined && isListener(tab)) this.catchUp(tab, lastEventId, isFirst);
    const state = isListener(tab) ? this.state : ({ upstream: 'live', since: this.now } as const);
    tab.send('state', textOf(state), this.idNow);
    this.connect();
  }

  leave(tab: Tab): void {
    this.tabs.delete(tab);
    if (!this.wantsJobs) this.upstream?.leave.abort();
  }

  /** Once a second. */
  beat(): void {
    const { upstream } = this;
    if (upstream === undefined) this.connect();
    else if (this.now - upstream.heardAt > patience) upstream.leave.abort();
  }

  /** To all pages that want to hear of it. */
  tell(tab: Tab, event: string, data: string): void {
    tab.send(event, data, this.idNow);
  }

  close(): void {
    this.upstream?.leave.abort();
    for (const tab of this.tabs) tab.end();
  }

  private catchUp(tab: Tab, lastEventId: string, isFirst: boolean): void {
    const heard = /^\d{1,16}$/.test(lastEventId) ? Number(lastEventId) : 0;
    // Without a stream so far it is asked to begin where the page was cut off: catalog-api says what was missed.
    if (isFirst && this.place === undefined && heard > 0 && tab.session.token !== undefined) {
      this.place = heard;
      return this.ring.begin(heard);
    }
    const missed = this.ring.since(heard, this.now);
    if (missed === undefined) return tab.send('reset', '{}', this.idNow);
    if (tab.wanted.has('jobs')) for (const { id, data } of missed) tab.send('job', data, id);
  }

  private connect(): void {
    if (this.upstream !== undefined || this.now < this.nextTry) return;
    const session = [...this.tabs].find((tab) => isListener(tab))?.session;
    if (session?.token === undefined) return;
    const upstream = { session, leave: new AbortController(), heardAt: this.now };
    this.upstream = upstream;
    void this.hear(upstream, session.token);
  }

  private async hear(upstream: Upstream, token: string): Promise<void> {
    const { signal } = upstream.leave;
    try {
      const place = this.place === undefined ? undefined : String(this.place);
      const response = await this.options.listen(token, place, signal);
      if (response.status === 401) return this.refused(upstream.session);
      if (response.status !== 200 || response.body === null)
        throw new Error(`HTTP ${response.status}`, { cause: await response.body?.cancel() });
      this.become('live');
      this.failures = 0;
      for await (const event of heardEvents(response.body as AsyncIterable<Uint8Array>)) {
        upstream.heardAt = this.now;
        this.heard(event);
      }
    } catch {
      // Whatever it was, it is tried again; the pages are told below.
    } finally {
      this.lost();
    }
  }

  private heard({ id, event, data }: HeardEvent): void {
    if (id !== undefined) {
      this.place = id;
      this.ring.begin(id);
    }
    if (event === 'job') {
      const at = this.idNow;
      this.ring.add(at, data, this.now);
      for (const tab of this.tabs) if (tab.wanted.has('jobs')) tab.send('job', data, at);
    }
    if (event === 'reset') {
      this.ring.restart(this.idNow);
      for (const tab of this.tabs) tab.send('reset', '{}', this.idNow);
    }
  }

  private lost(): void {
    this.upstream = undefined;
    this.nextTry = this.now + Math.min(longestPause, firstPause * 2 ** this.failures);
    this.failures += 1;
    this.become('away');
  }

  /** Its pages end; those of other sessions of this person go on with theirs. */
  private refused(session: CurrentSession): void {
    this.options.onRefused(session);
    for (const tab of this.tabs) if (tab.session.key === session.key) tab.end();
  }

  private become(upstream: 'live' | 'away'): void {
    if (this.state.upstream === upstream) return;
    this.state = { upstream, since: this.now };
    for (const tab of this.tabs) if (isListener(tab)) tab.send('state', textOf(this.state), this.idNow);
  }

  private get wantsJobs(): boolean {
    return [...this.tabs].some((tab) => isListener(tab));
  }

  private get idNow(): number {
    return this.place ?? this.now;
  }

  private get now(): number {
    return this.options.clock.now().getTime();
  }
}

function textOf({ upstream, since }: State): string {
  return JSON.stringify({ upstream, since: new Date(since).toISOString() });
}

function isListener({ wanted, session }: Tab): boolean {
  return wanted.has('jobs') && session.token !== undefined;
}
