import { Injectable } from '@nestjs/common';
import type { AuditEntry, ConsoleJobs, Page, ShownJob, Why } from '#console-api';
import { Clock } from '#kernel';
import { askApps, whyJobs, type OperatedApp } from '#operations-client';
import { OperatedApps } from '../calls/operated-apps.js';
import { readingFor } from '../passing/operations.service.js';
import { CataloguePassing } from '../passing/catalogue-passing.js';
import { permits, type CurrentSession } from '../session/session.js';
import { forOwners } from './for-owners.js';

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

/** Parts of a job: its work orders, and the work that archivers have of it. */
export interface JobParts {
  readonly orders: Page<unknown>;
  readonly works: Page<unknown>;
  readonly missing: Why['missing'];
}

export interface JobTrail {
  readonly items: readonly (AuditEntry & { readonly app: string })[];
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

  async parts(asking: Asking, id: string, { after, worksAfter, limit }: PartsQuery): Promise<JobParts> {
    const { job } = await this.seen(asking, id);
    const pathOf = (call: string, place: string | undefined): string =>
      `${call}?${new URLSearchParams({
        ...{ jobId: job, limit: String(limit) },
        ...(place === undefined ? {} : { after: place }),
      }).toString()}`;
    const [orders, works] = await Promise.all([
      this.pageOf(asking, this.apps.ofKind('job-assembler'), pathOf('work-orders', after)),
      this.pageOf(asking, this.apps.ofKind('archiver'), pathOf('works', worksAfter)),
    ]);
    return { orders: orders.page, works: works.page, missing: [...orders.missing, ...works.missing] };
  }

  /** What people did to a job, newest first. */
  async trail(asking: Asking, id: string): Promise<JobTrail> {
    const { session, from, signal } = asking;
    const { job } = await this.seen(asking, id);
    const path = `audit?${new URLSearchParams({ jobId: job, limit: String(maxEntries) }).toString()}`;
    const { answers, missing } = await askApps<Page<AuditEntry>>(
      ...([this.apps.all, readingFor(session, from), { path }, signal, this.clock.now()] as const),
    );
    // From where colleagues work is for those who keep the trail.
    const whole = permits(session, 'operations.audit');
    const items = answers
      .flatMap(({ app, body }) =>
        itemsOf(body).map((entry) => ({ ...(whole ? entry : withoutPlace(entry)), app })),
      )
      .sort((one, other) => (one.at < other.at ? 1 : -1))
      .slice(0, maxEntries);
    return { items, missing };
  }

  /** The rows came from catalog-api as this person: no other permission is needed to be told why they wait. */
  private async whyOf(
    { session, from, signal }: Asking,
    jobs: readonly { readonly id: string }[],
  ): Promise<ReadonlyMap<string, Why>> {
    const ids = jobs.map(({ id }) => id);
    const found = await whyJobs(
      ...([this.apps.all, readingFor(session, from), ids, signal, this.clock.now()] as const),
    );
    if (permits(session, 'operations.read')) return found;
    return new Map([...found].map(([id, why]) => [id, forOwners(why, id)]));
  }

  /**
   * catalog-api is asked with this very request whether the person may see the job; only then the apps are, which know nobody's
   * rights.
   */
  private async seen({ session, from, signal }: Asking, id: string): Promise<{ readonly job: string }> {
    const path = `/api/v4/jobs/${encodeURIComponent(id)}/overview?limit=1`;
    const { job } = await this.catalogue.read<{ job: { id: string } }>(session, from, path, signal);
    return { job: job.id };
  }

  private async pageOf(
    { session, from, signal }: Asking,
    apps: readonly OperatedApp[],
    path: string,
  ): Promise<{ page: Page<unknown>; missing: Why['missing'] }> {
    const { answers, missing } = await askApps<Page<unknown>>(
      ...([apps, readingFor(session, from), { path }, signal, this.clock.now()] as const),
    );
    const items = answers.flatMap(({ body }) => itemsOf(body));
    // All archivers of one database answer the same; of several databases the first that has more says where to go on.
    const next = answers.map(({ body }) => body.next).find((place) => place !== undefined);
    return { page: { items, ...(next === undefined ? {} : { next }) }, missing };
  }
}

export interface PartsQuery {
  readonly after?: string;
  readonly worksAfter?: string;
  readonly limit: number;
}

/** An app of another version may answer in another form: what the others say is shown all the same. */
function itemsOf<Item>({ items }: Partial<Page<Item>>): readonly Item[] {
  return Array.isArray(items) ? (items as readonly Item[]) : [];
}

function withoutPlace({ from: _, ...entry }: AuditEntry): AuditEntry {
  return entry;
}
