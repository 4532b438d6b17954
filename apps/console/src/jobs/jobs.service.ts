import { Injectable } from '@nestjs/common';
import type { AuditEntry, ConsoleJobs, Page, ShownJob, Why } from '#console-api';
import { Clock } from '#kernel';
import { askApps, fromEach, whyJobs, type OperatedApp } from '#operations-client';
import { shortPatience } from '../calls/catalog-client.js';
import { OperatedApps } from '../calls/operated-apps.js';
import { ConsoleError } from '../edge/console-error.js';
import { readingFor } from '../passing/operations.service.js';
import { CataloguePassing } from '../passing/catalogue-passing.js';
import { permits, type CurrentSession } from '../session/session.js';
import { forOwners, missingForOwners } from './for-owners.js';
import { cursorOf, placesIn } from './places.js';

/** Entries of the trail of one job. */
const maxEntries = 200;
const maxRows = 200;
/** First letters of the states in which a job is over, as SciCat's clients know them. */
const endWords = /^(finished|completed|jobCancel|cancelled)/;

/** Who asks, from where, and until when it is worth an answer. */
export interface Asking {
  readonly session: CurrentSession;
  readonly from: string;
  readonly signal: AbortSignal;
}

/** A work order, or work of an archiver, as that app shows it. */
type PartOfApp = object & { readonly app: string };

/** Parts of a job: its work orders, and the work that archivers have of it. */
export interface JobParts {
  readonly orders: Page<PartOfApp>;
  readonly works: Page<PartOfApp>;
  readonly missing: Why['missing'];
}

export interface JobTrail {
  readonly items: readonly (AuditEntry & { readonly app: string })[];
  /** There are older ones. */
  readonly more?: true;
  readonly missing: Why['missing'];
}

/** Jobs as the console shows them: rows from the catalogue, and what the apps know of those that the person may see. */
@Injectable()
export class Jobs {
  constructor(
    private readonly catalogue: CataloguePassing,
    private readonly apps: OperatedApps,
    private readonly clock: Clock,
  ) {}

  /** @param query as of `jobs/rows`, with its question mark */
  async list(asking: Asking, query: string): Promise<ConsoleJobs> {
    const { session, from, signal } = asking;
    const page = await this.catalogue.read<Omit<ConsoleJobs, 'items'> & { items: readonly ShownJob[] }>(
      ...([session, from, `/api/v4/jobs/rows${query}`, signal] as const),
    );
    const waiting = page.items.filter(({ statusCode }) => !endWords.test(statusCode)).slice(0, maxRows);
    const found = waiting.length === 0 ? new Map<string, Why>() : await this.whyOf(asking, waiting);
    const items = page.items.map((row) => {
      const why = found.get(row.id);
      return why === undefined ? row : { ...row, why };
    });
    return { ...page, items };
  }

  async why(asking: Asking, id: string): Promise<Why> {
    const { job } = await this.seen(asking, id);
    const found = (await this.whyOf(asking, [{ id: job }])).get(job);
    return found ?? { all: [], missing: [], known: false, at: this.clock.now().toISOString() };
  }

  async parts(asking: Asking, id: string, { after, worksAfter, limit, only }: PartsQuery): Promise<JobParts> {
    const { job } = await this.seen(asking, id);
    const pathOf = (call: string) => (place: string) =>
      `${call}?${new URLSearchParams({
        ...{ jobId: job, limit: String(limit) },
        ...(place === '' ? {} : { after: place }),
      }).toString()}`;
    const [orders, works] = await Promise.all([
      only === 'works' ? nothing : this.pageOf(asking, 'job-assembler', pathOf('work-orders'), after),
      only === 'orders' ? nothing : this.pageOf(asking, 'archiver', pathOf('works'), worksAfter),
    ]);
    const missing = shownMissing(asking, [...orders.missing, ...works.missing]);
    return { orders: orders.page, works: works.page, missing };
  }

  /** What people did to a job, newest first. */
  async trail(asking: Asking, id: string): Promise<JobTrail> {
    const { job } = await this.seen(asking, id);
    const path = `audit?${new URLSearchParams({ jobId: job, limit: String(maxEntries) }).toString()}`;
    const { answers, missing } = await this.ask<AuditEntry>(asking, this.apps.all, path);
    // From where colleagues work is for those who keep the trail.
    const whole = permits(asking.session, 'operations.audit');
    const found = answers.flatMap(({ app, body: { items } }) =>
      items.map((entry) => ({ ...(whole ? entry : withoutPlace(entry)), app })),
    );
    const items = found.sort((one, other) => (one.at < other.at ? 1 : -1)).slice(0, maxEntries);
    const isCut = found.length > items.length || answers.some(({ body }) => body.next !== undefined);
    return { items, ...(isCut ? { more: true } : {}), missing: shownMissing(asking, missing) };
  }

  /** The rows came from catalog-api as this person: no other permission is needed to be told why they wait. */
  private async whyOf(
    { session, from, signal }: Asking,
    jobs: readonly { readonly id: string }[],
  ): Promise<ReadonlyMap<string, Why>> {
    const ids = jobs.map(({ id }) => id);
    const found = await whyJobs(
      ...([
        this.apps.all,
        readingFor(session, from),
        ids,
        signal,
        this.clock.now(),
        this.apps.silences,
      ] as const),
    );
    if (permits(session, 'operations.read')) return found;
    return new Map([...found].map(([id, why]) => [id, forOwners(why, id)]));
  }

  /**
   * catalog-api is asked with this very request whether the person may see the job; only then the apps are, which know nobody's
   * rights. Who may read whatever they say is helped while it does not answer, too: then it is needed most.
   */
  private async seen({ session, from, signal }: Asking, id: string): Promise<{ readonly job: string }> {
    const path = `/api/v4/jobs/${encodeURIComponent(id)}/overview?limit=1`;
    const mayAll = permits(session, 'operations.read');
    const call = { path, ...(mayAll ? { patience: shortPatience } : {}) };
    try {
      const { job } = await this.catalogue.read<{ job: { id: string } }>(session, from, call, signal);
      return { job: job.id };
    } catch (error) {
      if (mayAll && isAway(error)) return { job: id };
      throw error;
    }
  }

  /** Of all apps of a kind, each from its own place: they may have databases of their own. */
  private async pageOf(
    asking: Asking,
    kind: string,
    pathFrom: (place: string) => string,
    cursor: string | undefined,
  ): Promise<{ page: Page<PartOfApp>; missing: Why['missing'] }> {
    const apps = this.apps.ofKind(kind);
    if (apps.length === 0) return { page: { items: [] }, missing: [this.unnamed(kind)] };
    const places = placesIn(
      cursor,
      apps.map(({ name }) => name),
    );
    const asked = await Promise.all(
      apps.flatMap((app) => {
        const place = places.get(app.name);
        return place === undefined ? [] : [this.ask<object>(asking, [app], pathFrom(place))];
      }),
    );
    const answers = asked.flatMap((one) => one.answers);
    const missing = asked.flatMap((one) => one.missing);
    const items = answers.flatMap(({ app, body }) => body.items.map((item) => ({ ...item, app })));
    const ahead = answers.flatMap(({ app, body: { next } }): [string, string][] =>
      next === undefined ? [] : [[app, next]],
    );
    // Who did not answer is asked from the same place with the next page, if there is one.
    const behind = missing.map(({ app }): [string, string] => [app, places.get(app) ?? '']);
    const next = cursorOf(new Map(ahead.length === 0 ? [] : [...ahead, ...behind]));
    return { page: { items, ...(next === undefined ? {} : { next }) }, missing };
  }

  private async ask<Item extends object>(
    { session, from, signal }: Asking,
    apps: readonly OperatedApp[],
    path: string,
  ): Promise<{
    readonly answers: readonly { readonly app: string; readonly body: Page<Item> }[];
    readonly missing: Why['missing'];
  }> {
    const now = this.clock.now();
    const found = await askApps<object>(
      ...([apps, readingFor(session, from), { path }, signal, now, this.apps.silences] as const),
    );
    return fromEach(found, isPage<Item>, now);
  }

  private unnamed(app: string): Why['missing'][number] {
    const message = 'OPERATIONS_APPS_FILE of the console names none';
    return { ...{ app, code: 'app.refused', message }, since: this.clock.now().toISOString() };
  }
}

export interface PartsQuery {
  readonly after?: string;
  readonly worksAfter?: string;
  readonly limit: number;
  /** The one of the two lists that goes on; the other one is not asked. */
  readonly only?: 'orders' | 'works';
}

/** Nothing was refused: the catalogue cannot be asked. */
function isAway(error: unknown): boolean {
  return error instanceof ConsoleError && (error.status >= 500 || error.code === 'console.emergency-session');
}

const nothing = { page: { items: [] as readonly PartOfApp[] }, missing: [] as Why['missing'] };

/** An app of another version may answer in another form: what the others say is shown all the same. */
function isPage<Item extends object>(body: object): body is Page<Item> {
  const { items, next } = body as { items?: unknown; next?: unknown };
  const isPlace = next === undefined || typeof next === 'string';
  return isPlace && Array.isArray(items) && items.every((one) => typeof one === 'object' && one !== null);
}

/** What apps say of their addresses and services is for who operates them. */
function shownMissing({ session }: Asking, missing: Why['missing']): Why['missing'] {
  return permits(session, 'operations.read') ? missing : missingForOwners(missing);
}

function withoutPlace({ from: _, ...entry }: AuditEntry): AuditEntry {
  return entry;
}
