import { Injectable } from '@nestjs/common';
import { isActingName, longestActingName, type FromAllApps } from '#console-api';
import { Clock, messageOf } from '#kernel';
import { askApps, plainCall, type Acting, type Asker, type Call, type PlainAnswer } from '#operations-client';
import { operationsCalls, ruleFor, type CallRule, type OperationsRule } from '../calls/call-table.js';
import { OperatedApps } from '../calls/operated-apps.js';
import { encodedPath, type AskedPath } from '../calls/paths.js';
import { ConsoleError, noSuchCall } from '../edge/console-error.js';
import { permits, type CurrentSession } from '../session/session.js';

/** Milliseconds for the answer of one app. */
const patience = 30_000;

/** The one call for which an app asks for groups (PARKING_LOT_EDITORS). */
const byGroups = 'parking-lot/:id/edit';

/** Operations calls of the apps, for people whom catalog-api permits them. */
@Injectable()
export class OperationsPassing {
  constructor(
    private readonly apps: OperatedApps,
    private readonly clock: Clock,
  ) {}

  /** @throws ConsoleError `operations.not-allowed`, `operations.app-silent` */
  async one(
    session: CurrentSession,
    from: string,
    name: string,
    asked: AskedPath,
    call: Omit<Call, 'path'> & { readonly method: NonNullable<Call['method']> },
    signal: AbortSignal,
  ): Promise<PlainAnswer> {
    const rule = allowed(session, call.method, asked);
    const acting = call.method === 'GET' ? readingFor(session, from) : actingFor(session, from, rule);
    const app = this.apps.named(name);
    if (app === undefined)
      throw noSuchCall(
        `an app ${JSON.stringify(name.slice(0, 60))}; OPERATIONS_APPS_FILE names ${this.apps.names.join(', ')}`,
      );
    try {
      const path = `${encodedPath(asked.segments)}${asked.query}`;
      return await plainCall(app, acting, { patience, ...call, path }, signal);
    } catch (error) {
      // The app is not silent: nobody waits for it any more.
      signal.throwIfAborted();
      throw silent(name, error);
    }
  }

  /** What all apps answer that have such a call. @throws ConsoleError `operations.not-allowed` */
  async all(
    session: CurrentSession,
    from: string,
    asked: AskedPath,
    signal: AbortSignal,
  ): Promise<FromAllApps<unknown>> {
    allowed(session, 'GET', asked);
    const path = `${encodedPath(asked.segments)}${asked.query}`;
    const {
      answers,
      missing,
      without = [],
    } = await askApps<unknown>(
      ...([
        this.apps.all,
        readingFor(session, from),
        { path },
        signal,
        this.clock.now(),
        this.apps.silences,
      ] as const),
    );
    return { answers, missing, without };
  }
}

/** For questions. Who has a name that apps take for none is not named, and sees the same. */
export function readingFor({ username }: CurrentSession, from: string): Asker {
  return { ...(isActingName(username) ? { name: username } : {}), via: 'console', from };
}

/**
 * Under the person's own name: nothing that the browser sends says who acts. The groups go where an app decides by them, as there
 * may be more than a call has room for.
 *
 * @throws ConsoleError `operations.wrong-name`
 */
function actingFor({ username, groups }: CurrentSession, from: string, { pattern }: CallRule): Acting {
  if (!isActingName(username))
    throw new ConsoleError(
      403,
      'operations.wrong-name',
      `Expected to act under a user name of 1 to ${longestActingName} letters, without any that cannot be seen, found another: apps keep no record of what it does. Look at all you may, and act with another account.`,
    );
  const acting = { name: username, via: 'console' as const, from };
  return pattern === byGroups ? { ...acting, groups } : acting;
}

function allowed(session: CurrentSession, method: string, { segments }: AskedPath): OperationsRule {
  const rule = ruleFor(operationsCalls, method, segments);
  if (rule === undefined) throw noSuchCall(`${method} ${encodedPath(segments)}`);
  if (permits(session, rule.needs)) return rule;
  throw new ConsoleError(
    403,
    'operations.not-allowed',
    `Expected that ${session.username} may ${rule.needs} for all records, found not: an operator of the installation may (OPERATIONS_GROUPS, OPERATIONS_VIEWER_GROUPS of catalog-api).`,
  );
}

function silent(app: string, error: unknown): ConsoleError {
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  return new ConsoleError(
    isLate ? 504 : 502,
    'operations.app-silent',
    `${app} does not answer${isLate ? ` within ${patience / 1000} seconds` : ''}: nothing is known of what became of the call.`,
    { app, cause: new Error(messageOf(error)) },
  );
}
