import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { ConsoleJobs, ShownJob } from '#console-api';
import type { LiveWord } from './live-state.js';

/** Milliseconds in which several hints about the same become one question. */
const pause = 2000;

/** The same of hints that apps have changed. */
const hintPause = 5000;

/** Whether it is a list of which more than its first page is loaded. */
function hasPages(data: unknown): boolean {
  const { pages } = (data ?? {}) as { readonly pages?: unknown };
  return Array.isArray(pages) && pages.length > 1;
}

function isOfWaits([first, , what]: readonly unknown[]): boolean {
  return first === 'job' && (what === 'why' || what === 'parts' || what === 'steering');
}

/** Has the cache follow the news: a job's row at once, what hangs on it a moment later. */
export class News {
  private readonly due = new Map<string, readonly unknown[]>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private hintTimer: ReturnType<typeof setTimeout> | undefined;
  private wasClosed = false;

  constructor(private readonly client: QueryClient) {}

  take(word: LiveWord): void {
    switch (word.kind) {
      case 'job':
        this.client.setQueriesData<InfiniteData<ConsoleJobs>>({ queryKey: ['jobs', 'rows'] }, (data) =>
          data === undefined ? undefined : withJob(data, word.job),
        );
        this.ask(['job', word.job.id]);
        return this.ask(['jobs']);
      case 'operations':
        return this.askApps();
      case 'reset':
        return void this.client.invalidateQueries();
      case 'closed':
        this.wasClosed = true;
        // Perhaps the session is over: the stream of one that is ends.
        return this.ask(['session']);
      case 'open':
        // A stream that was refused begins anew, without the place of the one before: what was missed nobody will tell.
        if (this.wasClosed) void this.client.invalidateQueries();
        this.wasClosed = false;
        return undefined;
      case 'state':
        return undefined;
    }
  }

  /**
   * Whatever is shown of apps: while work is done hints come all the time, and each has many calls made. Lists of which more than
   * one page is loaded are only marked as old: whoever reads far back does not have everything asked for again.
   */
  private askApps(): void {
    this.hintTimer ??= setTimeout(() => {
      this.hintTimer = undefined;
      // Hints are about why a job waits, and about its parts, too; what happened to it comes with its own news.
      const isOfApps = (key: readonly unknown[]): boolean => key[0] === 'operations' || isOfWaits(key);
      for (const isLong of [false, true])
        void this.client.invalidateQueries(
          {
            predicate: ({ queryKey, state }) => isOfApps(queryKey) && isLong === hasPages(state.data),
            ...(isLong ? { refetchType: 'none' as const } : {}),
          },
          { cancelRefetch: false },
        );
    }, hintPause);
  }

  /** One question for all hints of a while; what nothing on the page shows is only marked as old. */
  private ask(key: readonly unknown[]): void {
    this.due.set(JSON.stringify(key), key);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const keys = [...this.due.values()];
      this.due.clear();
      for (const queryKey of keys) void this.client.invalidateQueries({ queryKey }, { cancelRefetch: false });
    }, pause);
  }
}

/** The rows with a job as it is now. One that is new comes with the next question. */
export function withJob(data: InfiniteData<ConsoleJobs>, job: ShownJob): InfiniteData<ConsoleJobs> {
  const isHere = data.pages.some(({ items }) => items.some(({ id }) => id === job.id));
  if (!isHere) return data;
  return {
    ...data,
    pages: data.pages.map((page) => ({
      ...page,
      items: page.items.map((item) =>
        item.id === job.id
          ? { ...job, ...(item.why === undefined || isOver(job) ? {} : { why: item.why }) }
          : item,
      ),
    })),
  };
}

function isOver({ statusCode }: ShownJob): boolean {
  return /^(finished|completed|jobCancel)/.test(statusCode);
}
