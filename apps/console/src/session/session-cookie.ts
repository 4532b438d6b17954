import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { ConfigToken, isSecure, type ConsoleConfig } from '../console.config.js';
import { cookieIn, sessionCookie, sessionName } from '../edge/cookies.js';
import { Sealer } from './sealer.js';
import type { Session } from './session.js';

/** Bytes of a value that browsers keep together with its name and attributes: they take 4096 of all. */
const maxBytes = 3800;

/** Sessions as cookies. */
@Injectable()
export class SessionCookie {
  constructor(
    private readonly sealer: Sealer,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: Pick<ConsoleConfig, 'publicUrl'>,
  ) {}

  /** The `Set-Cookie` header. */
  async headerFor(session: Session): Promise<string> {
    const age = Math.max(0, Math.floor((session.until - this.clock.now().getTime()) / 1000));
    return sessionCookie(await this.sealed(session), age, isSecure(this.config));
  }

  /** Undefined when there is none, it is not ours, or it is over. */
  async sessionIn(cookies: string | undefined): Promise<Session | undefined> {
    const value = cookieIn(cookies, sessionName(isSecure(this.config)));
    const session = await this.sealer.open<Session>('session', value);
    return session !== undefined && session.until > this.clock.now().getTime() ? session : undefined;
  }

  /**
   * With as many rights as a cookie has room for. What is left out is read from catalog-api whenever the session is used;
   * only while that is away it is missing, and nobody is allowed more without it.
   */
  private async sealed(session: Session): Promise<string> {
    const { token, username, groups, permissions, rightsAt, until, emergency } = session;
    const whole = { token, username, groups, permissions, rightsAt, until, emergency };
    const forms = [
      whole,
      { ...whole, groups: [] },
      { ...whole, groups: [], permissions: permissions.filter(({ reach }) => reach === 'all') },
      { ...whole, groups: [], permissions: [] },
    ];
    let sealed = '';
    for (const form of forms) {
      sealed = await this.sealer.seal('session', form);
      if (sealed.length <= maxBytes) break;
    }
    return sealed;
  }
}
