import { Injectable } from '@nestjs/common';
import type { FromAllApps } from '#console-api';
import { Clock, messageOf } from '#kernel';
import { askApps, plainCall, type Acting, type Call, type PlainAnswer } from '#operations-client';
import { operationsCalls, ruleFor, type OperationsRule } from '../calls/call-table.js';
import { OperatedApps } from '../calls/operated-apps.js';
import { encodedPath, type AskedPath } from '../calls/paths.js';
import { ConsoleError, noSuchCall } from '../edge/console-error.js';
import { permits, type CurrentSession } from '../session/session.js';

/** Milliseconds for the answer of one app. */
const patience = 30_000;

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
    name: string,
    asked: AskedPath,
    call: Omit<Call, 'path'> & { readonly method: NonNullable<Call['method']> },
    signal: AbortSignal,
  ): Promise<PlainAnswer> {
    allowed(session, call.method, asked);
    const app = this.apps.named(name);
    if (app === undefined)
      throw noSuchCall(
        `an app ${JSON.stringify(name.slice(0, 60))}; OPERATIONS_APPS_FILE names ${this.apps.names.join(', ')}`,
      );
    try {
      const path = `${encodedPath(asked.segments)}${asked.query}`;
      return await plainCall(app, actingFor(session), { patience, ...call, path }, signal);
    } catch (error) {
      throw silent(name, error);
    }
  }

  /** What all apps answer that have such a call. @throws ConsoleError `operations.not-allowed` */
  async all(session: CurrentSession, asked: AskedPath, signal: AbortSignal): Promise<FromAllApps<unknown>> {
    allowed(session, 'GET', asked);
    const path = `${encodedPath(asked.segments)}${asked.query}`;
    const {
      answers,
      missing,
      without = [],
    } = await askApps<unknown>(
      ...([this.apps.all, actingFor(session), { path }, signal, this.clock.now()] as const),
    );
    return { answers, missing, without };
  }
}

/** Under the person's own name: nothing that the browser sends says who acts. */
export function actingFor({ username, groups }: CurrentSession): Acting {
  return { name: username, groups, via: 'console' };
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
