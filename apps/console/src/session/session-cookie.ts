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
    return sessionCookie((await this.sealed(session)).text, age, isSecure(this.config));
  }

  /**
   * The header when the cookies of a request hold other rights. Else nothing is to be set: an answer that comes late would replace
   * the cookie of a sign-in meanwhile.
   */
  async headerIfChanged(session: Session, cookies: string | undefined): Promise<string | undefined> {
    const [kept, { form }] = await Promise.all([this.sessionIn(cookies), this.sealed(session)]);
    return kept !== undefined && rightsIn(kept) === rightsIn(form) ? undefined : this.headerFor(session);
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
  private async sealed(session: Session): Promise<{ readonly form: Session; readonly text: string }> {
    const { token, username, groups, permissions, rightsAt, until, emergency } = session;
    const whole = { token, username, groups, permissions, rightsAt, until, emergency };
    const forms = [
      whole,
      { ...whole, groups: [] },
      { ...whole, groups: [], permissions: permissions.filter(({ reach }) => reach === 'all') },
      { ...whole, groups: [], permissions: [] },
    ];
    let sealed = { form: session, text: '' };
    for (const form of forms) {
      sealed = { form, text: await this.sealer.seal('session', form) };
      if (sealed.text.length <= maxBytes) break;
    }
    return sealed;
  }
}

function rightsIn({ token, username, groups, permissions }: Session): string {
  return JSON.stringify([token, username, groups, permissions]);
}
