import type { Why } from './facts.js';
import type { Action } from './actions.js';

/** How people may sign in. */
export const signInStrategies = ['local', 'ldap', 'oidc'] as const;
export type SignInStrategy = (typeof signInStrategies)[number];

/** `GET /console/api/settings`, for who is not signed in, too. */
export interface ConsoleSettings {
  readonly strategies: readonly SignInStrategy[];
  /** Whether CONSOLE_EMERGENCY_TOKEN is set. */
  readonly emergency: boolean;
  /** Of CONSOLE_LANGUAGES, the first one where the browser asks for none of them. */
  readonly languages: readonly string[];
  readonly brand: { readonly name: string; readonly colour: string };
  /** Pages of other programs: the broker's, and templates with `{jobId}` and `{traceId}` of logs and metrics. */
  readonly links: { readonly broker?: string; readonly metrics?: string; readonly logs?: string };
  readonly version: string;
  /** The apps of OPERATIONS_APPS_FILE, in its order. */
  readonly apps: readonly string[];
  /** Whether the broker tells the console that something has changed (RABBITMQ_URL); absent or false: it asks every few seconds. */
  readonly told?: boolean;
}

/** What a person may do: a row of `GET /api/v4/users/my/capabilities`. */
export interface Permission {
  readonly action: Action | `operations.${'read' | 'act' | 'audit'}`;
  /** What gives it: a tier of the access table, or the rule of job types. */
  readonly rule: string;
  readonly reach: 'all' | 'own';
  readonly jobTypes?: readonly string[];
}

/** `GET /console/api/session`: who is signed in here. */
export interface ConsoleSession {
  readonly username: string;
  readonly groups: readonly string[];
  readonly permissions: readonly Permission[];
  /** When it ends, in any case. */
  readonly until: string;
  /** When catalog-api said the rights; with `stale`, it does not answer since. */
  readonly rightsAt: string;
  readonly stale: boolean;
  /** Signed in by CONSOLE_EMERGENCY_TOKEN. */
  readonly emergency: boolean;
}

/** One job in a list: `items` of `GET /api/v4/jobs/rows`, as the browser reads it. */
export interface ShownJob {
  readonly id: string;
  readonly type: string;
  readonly statusCode: string;
  readonly statusMessage: string;
  readonly ownerUser?: string;
  readonly ownerGroup?: string;
  readonly datasets: {
    readonly count: number;
    readonly first?: { readonly pid: string; readonly name?: string };
  };
  readonly createdAt?: string;
  readonly updatedAt?: string;
  readonly progress?: ShownProgress;
  readonly cancel?: { readonly by: string; readonly at: string; readonly reason?: string };
  readonly retryOf?: string;
  readonly retriedBy?: readonly string[];
}

/** Bytes, and datasets; how far a job is. */
export interface ShownProgress {
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly datasetsDone: number;
  readonly datasetsTotal: number;
  readonly phase?: string;
  readonly at?: string;
}

/** `GET /console/api/jobs`: rows as catalog-api shows them to this person, and why those wait that are not over. */
export interface ConsoleJobs {
  readonly items: readonly (ShownJob & { readonly why?: Why })[];
  readonly next?: string;
  /** Looking took too long: what is older comes with `next`. */
  readonly partial: boolean;
}

/** What every call of the console answers where it cannot do what was asked. */
export interface ConsoleFault {
  readonly code: string;
  readonly message: string;
  /** The app that said so, where it was not the console. */
  readonly app?: string;
  readonly traceId?: string;
}

/** `GET /console/api/operations/all/…`: what each app answered that did, and who did not. */
export interface FromAllApps<Body> {
  readonly answers: readonly { readonly app: string; readonly body: Body }[];
  readonly missing: Why['missing'];
  /** Apps without such a call. */
  readonly without: readonly string[];
}

/** Kinds of news in `GET /console/api/events`. */
export const consoleEvents = ['job', 'operations', 'reset', 'state'] as const;
export type ConsoleEvent = (typeof consoleEvents)[number];
