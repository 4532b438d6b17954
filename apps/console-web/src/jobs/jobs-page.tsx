import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import { jobsQuery } from '../calls/queries.js';
import { Empty, Failed, Loading, Stale } from '../parts/states.js';
import { useWords } from '../parts/words.js';
import { Page } from '../shell/page.js';
import { FilterBar } from './filter-bar.js';
import { filtersIn, hasFilter, queryOf, type JobSearch } from './filters.js';
import { JobTable } from './job-table.js';
import { MarkedBar } from './marked-bar.js';

const route = getRouteApi('/jobs');

/** All jobs that a person may see, the newest first. */
export function JobsPage(): ReactElement {
  const { t } = useWords();
  const search = route.useSearch();
  const navigate = useNavigate();
  return (
    <Page title={t.jobs.title}>
      <FilterBar search={search} onChange={(next) => void navigate({ to: '/jobs', search: next })} />
      <JobList key={JSON.stringify(search)} search={search} />
    </Page>
  );
}

function JobList({ search }: { readonly search: JobSearch }): ReactElement {
  const { t, f } = useWords();
  const rows = useInfiniteQuery(jobsQuery(queryOf(filtersIn(search))));
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const jobs = useMemo(() => rows.data?.pages.flatMap(({ items }) => items) ?? [], [rows.data]);
  if (rows.isPending) return <Loading rows={8} />;
  if (rows.data === undefined) return <Failed error={rows.error} again={() => void rows.refetch()} />;
  const toggle = (id: string): void => {
    const next = new Set(marked);
    if (!next.delete(id)) next.add(id);
    setMarked(next);
  };
  const clear = hasFilter(search) ? (
    <Link to="/jobs" search={{}} activeProps={{}}>
      {t.states.clear}
    </Link>
  ) : undefined;
  const isPartial = rows.data.pages.at(-1)?.partial === true;
  return (
    <>
      <Stale at={rows.dataUpdatedAt} error={rows.error} />
      {marked.size > 0 && (
        <MarkedBar jobs={jobs.filter(({ id }) => marked.has(id))} onClear={() => setMarked(new Set())} />
      )}
      {jobs.length === 0 ? (
        !rows.hasNextPage && (
          <Empty
            title={clear === undefined ? t.jobs.none : t.jobs.noneFiltered}
            more={t.jobs.noneMore}
            clear={clear}
          />
        )
      ) : (
        <JobTable jobs={jobs} marks={{ marked, toggle }} hasMore={rows.hasNextPage} />
      )}
      <div className="list-end">
        <span className="soft small" role="status">
          {jobs.length > 0 && t.jobs.shown(f.number(jobs.length), jobs.length)}
          {isPartial && ` ${t.jobs.partial}`}
          {!rows.hasNextPage && jobs.length > 0 && ` · ${t.jobs.end}`}
        </span>
        {rows.hasNextPage && (
          <button
            type="button"
            className="button quiet"
            aria-disabled={rows.isFetchingNextPage}
            onClick={() => !rows.isFetchingNextPage && void rows.fetchNextPage()}
          >
            {rows.isFetchingNextPage ? t.states.loading : t.jobs.older}
          </button>
        )}
      </div>
    </>
  );
}
