import { Failure, interruption, type CommandResult } from '#command-line';
import { codeOf, messageOf } from '#kernel';
import {
  askApps,
  chosen,
  nameOfUser,
  operatedApps,
  operationsCall,
  wrongAppsFile,
  type Acting,
  type Answer,
  type Answers,
  type Call,
  type OperatedApp,
} from '#operations-client';
import type { CommandContext } from '../command.js';
import { HttpClient } from '../server/http-client.js';

export interface OpsOptions {
  /** Names of apps with commas between them; absent: all. */
  readonly only?: string;
  /** The app that does it, where it is not the usual one of that name. */
  readonly app?: string;
  /** Who does it; absent: who is signed in, else the user of this computer. */
  readonly by?: string;
  readonly reason?: string;
}

/** Milliseconds that the catalogue has to say who is signed in: what is done must not wait for it. */
const whoPatience = 3000;

/** The calls that operators make of apps, as one person. */
export class OpsCalls {
  private constructor(
    readonly apps: readonly OperatedApp[],
    private readonly context: CommandContext,
    private readonly options: OpsOptions,
  ) {}

  /** @throws Failure `usage` for what is wrong with OPERATIONS_APPS_FILE, or --only */
  static async from(context: CommandContext, options: OpsOptions): Promise<OpsCalls> {
    try {
      const all = await operatedApps(context.environment['OPERATIONS_APPS_FILE']);
      return new OpsCalls(chosen(all, options.only), context, options);
    } catch (error) {
      if (codeOf(error, '') !== wrongAppsFile) throw error;
      throw new Failure('usage', messageOf(error), error);
    }
  }

  get signal(): AbortSignal {
    return this.context.signal;
  }

  /** What all apps answer that have such a call. Nobody is asked who is signed in: a look changes nothing. */
  ask<Body>(call: Call, apps = this.apps): Promise<Answers<Body>> {
    const acting: Acting = { name: this.options.by ?? nameOfUser('operator'), via: 'cli' };
    return this.orInterrupted(askApps<Body>(apps, acting, call, this.signal, new Date()));
  }

  /** What one app answers to a look, without a failure. */
  look<Body>(app: OperatedApp, call: Call): Promise<Answer<Body>> {
    const acting: Acting = { name: this.options.by ?? nameOfUser('operator'), via: 'cli' };
    return this.orInterrupted(operationsCall<Body>(app, acting, call, this.signal));
  }

  /** @throws Failure `unreachable`, `notAllowed`, `usage` */
  async read<Body>(app: OperatedApp, call: Call): Promise<{ readonly body: Body; readonly etag?: string }> {
    return bodyOr(app, call, await this.look<Body>(app, call));
  }

  /**
   * Does something in the name of the person.
   *
   * @throws Failure `conflict` when another was faster, or its state does not allow it; `unreachable`, `notAllowed`, `usage`
   */
  async act<Body>(app: OperatedApp, call: Call): Promise<Body> {
    const acting = await this.acting();
    const answer = await this.orInterrupted(operationsCall<Body>(app, acting, call, this.signal));
    return bodyOr(app, call, answer).body;
  }

  /** The app that owns something: --app, else the one of this name. @throws Failure `usage` */
  appFor(usual: string): OperatedApp {
    return this.appNamed(this.options.app ?? usual);
  }

  /**
   * A message, or a run, is known within its app only: `archiver/ID`, as lists show it, or the id alone with --app.
   *
   * @throws Failure `usage`
   */
  ownerOf(name: string): { readonly app: OperatedApp; readonly id: string } {
    if (this.options.app !== undefined) return { app: this.appNamed(this.options.app), id: name };
    const [, app, id] = /^([a-z0-9-]+)\/(.+)$/s.exec(name) ?? [];
    if (app === undefined || id === undefined)
      throw new Failure(
        'usage',
        `Expected a name such as archiver/ID, as the list shows it, found ${JSON.stringify(name)}.`,
      );
    return { app: this.appNamed(app), id };
  }

  private appNamed(name: string): OperatedApp {
    const found = this.apps.find((app) => app.name === name);
    if (found !== undefined) return found;
    const names = this.apps.map((app) => app.name).join(', ');
    throw new Failure(
      'usage',
      `Expected ${name} among the apps of OPERATIONS_APPS_FILE (${names}), found none. Add it there, or name the app with --app.`,
    );
  }

  /** Who acts: --by, else who is signed in, with the groups, else the user of this computer. */
  async acting(): Promise<Acting> {
    this.known ??= this.who();
    return this.known;
  }

  private known: Promise<Acting> | undefined;

  private async who(): Promise<Acting> {
    const { by } = this.options;
    const person = await this.signedIn();
    if (by !== undefined && by !== person?.name) return { name: by, via: 'cli' };
    return person ?? { name: nameOfUser('operator'), via: 'cli' };
  }

  private async signedIn(): Promise<Acting | undefined> {
    try {
      const { session, signal } = await this.context.client();
      const client = new HttpClient(session, AbortSignal.any([signal, AbortSignal.timeout(whoPatience)]));
      const response = await client.open('/api/v3/auth/whoami', { accept: 'application/json' });
      const { username, currentGroups = [] } = ((await response.json()) ?? {}) as {
        username?: unknown;
        currentGroups?: readonly string[];
      };
      return typeof username === 'string' && response.ok
        ? { name: username, groups: currentGroups, via: 'cli' }
        : undefined;
    } catch {
      // Nobody is signed in, or the catalogue is away: operators can act without it.
      if (this.signal.aborted) throw interruption();
      return undefined;
    }
  }

  private async orInterrupted<Result>(call: Promise<Result>): Promise<Result> {
    try {
      return await call;
    } catch (error) {
      throw this.signal.aborted ? interruption() : error;
    }
  }
}

/** A list, or a report, of several apps: who did not answer is said, and the command ends with 4. */
export function partial(
  context: CommandContext,
  missing: Answers<unknown>['missing'],
  result: Omit<CommandResult, 'outcome'>,
): CommandResult {
  for (const { app, message } of missing)
    context.output.warn(`${app}: ${message}. What is shown is without it.`);
  return {
    outcome: missing.length === 0 ? 'done' : 'unreachable',
    lines: result.lines,
    document: { ...result.document, missing },
  };
}

function bodyOr<Body>(
  app: OperatedApp,
  { path }: Call,
  answer: Answer<Body>,
): { readonly body: Body; readonly etag?: string } {
  if ('body' in answer) return answer;
  const call = `operations/${path.split('?')[0]}`;
  if ('none' in answer)
    throw new Failure(
      'usage',
      `Expected ${app.name} to have the call ${call}, found that it has none: is it of an earlier version, or another app?`,
    );
  const { fault, status } = answer;
  if (status === undefined)
    throw new Failure('unreachable', `Expected ${app.name} to answer, found that ${fault}`);
  const kind = kindOf(status);
  throw new Failure(kind, kind === 'conflict' ? fault : `${app.name} refused ${call} (${status}): ${fault}`);
}

function kindOf(status: number): 'notAllowed' | 'conflict' | 'unreachable' | 'usage' {
  if (status === 401 || status === 403) return 'notAllowed';
  if ([409, 412, 422, 428].includes(status)) return 'conflict';
  return status >= 500 || status === 429 ? 'unreachable' : 'usage';
}
