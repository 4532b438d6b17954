import { Injectable } from '@nestjs/common';
import { CatalogClient, type CatalogueAnswer, type CatalogueCall } from '../calls/catalog-client.js';
import { refusalOf } from '../calls/passed-answer.js';
import { ConsoleError } from '../edge/console-error.js';
import type { CurrentSession } from '../session/session.js';
import { Sessions } from '../session/sessions.service.js';

/** Questions to catalog-api under the name of the person who is signed in. */
@Injectable()
export class CataloguePassing {
  constructor(
    private readonly catalogue: CatalogClient,
    private readonly sessions: Sessions,
  ) {}

  /**
   * @throws ConsoleError `console.emergency-session` when nobody's name stands behind the session, `console.signed-out` when
   *   catalog-api does not know the person any more, `console.catalogue-away`
   */
  async ask(
    session: CurrentSession,
    from: string,
    call: CatalogueCall,
    signal: AbortSignal,
  ): Promise<CatalogueAnswer> {
    const { token } = session;
    if (token === undefined)
      throw new ConsoleError(
        403,
        'console.emergency-session',
        'This session was opened by the emergency token: it has no account in the catalogue, and sees what operations calls show. Sign in for the rest.',
      );
    // The audit trail says through what people acted.
    const headers = { ...call.headers, 'catena-acting-via': 'console' };
    const answer = await this.catalogue.call({ token, from }, { ...call, headers }, signal);
    if (answer.status === 401) {
      this.sessions.doubt(session);
      await this.sessions.current(session);
      // The token is good: this call alone was refused.
      return { ...answer, status: 403 };
    }
    return answer;
  }

  /** The answer of a question that has to succeed. @throws ConsoleError with what catalog-api refused */
  async read<Body>(
    session: CurrentSession,
    from: string,
    call: string | Pick<CatalogueCall, 'path' | 'patience'>,
    signal: AbortSignal,
  ): Promise<Body> {
    const asked = typeof call === 'string' ? { path: call } : call;
    const { status, text, headers } = await this.ask(session, from, asked, signal);
    const retryAfter = headers.get('retry-after') ?? undefined;
    if (status !== 200) throw refusalOf({ app: 'catalog-api', status, text, retryAfter });
    return JSON.parse(text) as Body;
  }
}
