import { Inject, Injectable } from '@nestjs/common';
import { AgedMap, Clock, messageOf } from '#kernel';
import { LOGGER, type Logger } from '#observability';
import { CatalogClient } from '../calls/catalog-client.js';
import { ConfigToken, type ConsoleConfig } from '../console.config.js';
import { ConsoleError, signedOut } from '../edge/console-error.js';
import { SessionCookie } from './session-cookie.js';
import { digestOf, type CurrentSession, type Session } from './session.js';

/** Milliseconds for which rights that catalog-api has said are taken for those of the moment. */
const freshFor = 60_000;
/** Milliseconds until it is asked again when it did not answer. */
const patientFor = 5000;
/** Milliseconds for which rights go on that catalog-api does not say only because it is asked too much: people can see to that. */
const limitedFor = 600_000;
const maxRemembered = 10_000;
/** Milliseconds: no session lives longer. */
export const longestSession = 8 * 3_600_000;

interface Known extends Pick<Session, 'username' | 'groups' | 'permissions' | 'rightsAt'> {
  /** When catalog-api was asked last, whether it answered or not. */
  readonly askedAt: number;
  readonly stale: boolean;
}

/**
 * Whose a request is, with the rights of this minute. Cookies say who a person was; who that is today is asked from catalog-api,
 * at most once a minute for each session of this process. A token that it does not know any more ends the session.
 */
@Injectable()
export class Sessions {
  private readonly known: AgedMap<Known>;
  private readonly ended: AgedMap<true>;
  private readonly asking = new Map<string, Promise<Known>>();

  constructor(
    private readonly cookie: SessionCookie,
    private readonly catalogue: CatalogClient,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: Pick<ConsoleConfig, 'emergencyToken'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.known = new AgedMap(maxRemembered, longestSession, clock);
    this.ended = new AgedMap(maxRemembered, longestSession, clock);
  }

  /** @throws ConsoleError `console.signed-out` */
  async of(cookies: string | undefined): Promise<CurrentSession> {
    const session = await this.cookie.sessionIn(cookies);
    if (session === undefined) throw signedOut();
    return this.current(session);
  }

  /**
   * The session with the rights of this minute.
   *
   * @throws ConsoleError `console.signed-out` when it is over
   */
  async current(session: Session): Promise<CurrentSession> {
    const { token, until } = session;
    const key = keyOf(session);
    if (until <= this.now || this.ended.get(key) !== undefined) throw signedOut();
    if (token === undefined) return this.currentEmergency(session, key);
    const { askedAt: _, ...rights } = await this.rightsOf(key, token, session);
    return { ...session, ...rights, key };
  }

  /** A new session of a token that catalog-api gave. @throws ConsoleError when it does not take it */
  async begin(token: string, until: number): Promise<CurrentSession> {
    const rights = await this.catalogue.rightsOf(token);
    if (rights === undefined) throw signedOut();
    const now = this.now;
    const key = digestOf(token);
    const found = { ...rights, rightsAt: now, stale: false };
    this.known.set(key, { ...found, askedAt: now });
    return { ...found, token, key, until: Math.min(until, now + longestSession) };
  }

  /** Whether it is known here that it ended, without asking anybody. */
  isOver({ key, until }: CurrentSession): boolean {
    return until <= this.now || this.ended.get(key) !== undefined;
  }

  /** What catalog-api said may be over: the next use asks it anew. */
  doubt({ key }: CurrentSession): void {
    this.known.delete(key);
  }

  /** Ends the session of a browser's cookies that another one takes the place of; catalog-api is told beside it. */
  async replace(cookies: string | undefined, { key }: CurrentSession, from: string): Promise<void> {
    const before = await this.cookie.sessionIn(cookies);
    if (before === undefined || keyOf(before) === key) return;
    void this.end({ ...before, key: keyOf(before) }, from);
  }

  /**
   * Nobody uses it in this process any more; elsewhere for the rest of a minute at most, as catalog-api is told.
   *
   * @returns whether it was told; if not, it takes the token until its end
   */
  async end({ key, token }: Pick<CurrentSession, 'key' | 'token'>, from: string): Promise<boolean> {
    this.ended.set(key, true);
    this.known.delete(key);
    if (token === undefined) return true;
    try {
      await this.catalogue.signOut({ token, from });
      return true;
    } catch (error) {
      this.logger.warn(
        { error: messageOf(error) },
        'a sign-out could not be told to catalog-api: the token ends by itself',
      );
      return false;
    }
  }

  private currentEmergency(session: Session, key: string): CurrentSession {
    const { emergencyToken } = this.config;
    if (emergencyToken === undefined || session.emergency !== digestOf(emergencyToken)) throw signedOut();
    return { ...session, key, stale: false };
  }

  private rightsOf(key: string, token: string, session: Session): Promise<Known> {
    const known = this.known.get(key);
    const age = known === undefined ? Infinity : this.now - known.askedAt;
    if (known !== undefined && age < (known.stale ? patientFor : freshFor)) return Promise.resolve(known);
    const running = this.asking.get(key);
    if (running !== undefined) return running;
    const asked = this.ask(key, token, known ?? { ...session, askedAt: 0, stale: true }).finally(() =>
      this.asking.delete(key),
    );
    this.asking.set(key, asked);
    return asked;
  }

  /** @param last what was known of the rights before */
  private async ask(key: string, token: string, last: Known): Promise<Known> {
    const found = await this.askedRights(key, token, last);
    // A sign-out that came while we asked counts.
    if (this.ended.get(key) !== undefined) throw signedOut();
    this.known.set(key, found);
    return found;
  }

  private async askedRights(key: string, token: string, last: Known): Promise<Known> {
    const { username, groups, permissions, rightsAt } = last;
    try {
      const rights = await this.catalogue.rightsOf(token);
      if (rights !== undefined) return { ...rights, rightsAt: this.now, askedAt: this.now, stale: false };
    } catch (error) {
      if (!(error instanceof ConsoleError)) throw error;
      const kept = { username, rightsAt, askedAt: this.now, stale: true };
      const isAway = error.status >= 500 || (error.status === 429 && this.now - rightsAt < limitedFor);
      if (isAway) return { ...kept, groups, permissions };
      this.logger.warn({ status: error.status, error: error.message }, 'rights of a session are refused');
      return { ...kept, groups: [], permissions: [] };
    }
    this.ended.set(key, true);
    this.known.delete(key);
    throw signedOut();
  }

  private get now(): number {
    return this.clock.now().getTime();
  }
}

/** Tells sessions apart, and says nothing of the token. */
function keyOf({ token, emergency, until }: Session): string {
  return digestOf(token ?? `${emergency} ${until}`);
}
