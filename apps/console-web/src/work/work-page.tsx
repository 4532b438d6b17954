import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { FormEvent, ReactElement } from 'react';
import { rowsOf } from '../calls/app-pages.js';
import { missingIn } from '../calls/audit-pages.js';
import { ordersQuery, worksQuery } from '../calls/running-queries.js';
import type { WorkOrderRow, WorkRow } from '../calls/shapes.js';
import { mergedParts, type MergedPart } from '../job/merged-parts.js';
import { ListEnd } from '../lists/list-end.js';
import { TextFilter } from '../lists/text-filter.js';
import { Empty, Failed, Loading, Partial, Stale } from '../parts/states.js';
import { useWords } from '../parts/words.js';
import { Page } from '../shell/page.js';
import {
  ordersFilter,
  workFilters,
  workSearchFrom,
  worksFilter,
  workViews,
  type WorkSearch,
} from './work-search.js';
import { WorkTable } from './work-table.js';
import { WorkerList } from './worker-list.js';

const route = getRouteApi('/work');

/** What is being worked on, by whom: work orders with what archivers do with each, and the archivers. */
export function WorkPage(): ReactElement {
  const { t } = useWords();
  const search = route.useSearch();
  return (
    <Page title={t.work.title} lead={t.work.lead}>
      <WorkerList />
      <Choices search={search} />
      <WorkList search={search} />
    </Page>
  );
}

function Choices({ search }: { readonly search: WorkSearch }): ReactElement {
  const { t } = useWords();
  const navigate = useNavigate();
  const { state = 'released' } = search;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.currentTarget));
    void navigate({ to: '/work', search: workSearchFrom({ ...given, state }) });
  };
  const labels = { target: t.work.target, group: t.jobs.group, jobId: t.messages.job };
  return (
    <>
      <nav className="views filters" aria-label={t.work.view}>
        {workViews.map((one) => (
          <Link
            key={one}
            to="/work"
            search={workSearchFrom({ ...search, state: one })}
            className={one === state ? 'view on' : 'view'}
            activeProps={{}}
            aria-current={one === state ? 'true' : undefined}
          >
            {t.work.views[one]}
          </Link>
        ))}
      </nav>
      <form className="filter-form flat" onSubmit={submit} key={JSON.stringify(search)}>
        {workFilters.map((name) => (
          <TextFilter key={name} page="work" name={name} label={labels[name]} value={search[name]} />
        ))}
        <div className="buttons">
          <button type="submit" className="button">
            {t.jobs.apply}
          </button>
          <Link to="/work" search={{}} className="button quiet" activeProps={{}}>
            {t.jobs.clear}
          </Link>
        </div>
      </form>
    </>
  );
}

function WorkList({ search }: { readonly search: WorkSearch }): ReactElement {
  const { t, f } = useWords();
  const worksOf = worksFilter(search);
  const orders = useInfiniteQuery(ordersQuery(ordersFilter(search)));
  const works = useInfiniteQuery({ ...worksQuery(worksOf ?? {}), enabled: worksOf !== undefined });
  const shows = worksOf === undefined ? [orders] : [orders, works];
  const known = shows.filter(({ data }) => data !== undefined);
  const error = shows.find((one) => one.error !== null)?.error ?? null;
  if (shows.some(({ isPending, error: fault }) => isPending && fault === null)) return <Loading rows={8} />;
  const again = (): void => shows.forEach((one) => void one.refetch());
  if (known.length === 0) return <Failed error={error} again={again} />;
  const parts = partsIn(
    rowsOf(orders.data?.pages ?? []),
    rowsOf((worksOf === undefined ? undefined : works.data)?.pages ?? []),
    search,
  );
  const pages = shows.flatMap(({ data }) => data?.pages ?? []);
  const missing = missingIn(pages);
  const isOpen = shows.some(({ hasNextPage }) => hasNextPage);
  const isFiltered = workFilters.some((name) => search[name] !== undefined);
  return (
    <>
      {known.length < shows.length ? (
        <Failed error={error} again={again} />
      ) : (
        <Stale at={Math.min(...shows.map(({ dataUpdatedAt }) => dataUpdatedAt))} error={error} />
      )}
      <Partial missing={missing} />
      {search.group !== undefined && worksOf !== undefined && (
        <p className="soft small">{t.work.groupOnly}</p>
      )}
      {parts.length === 0 ? (
        <Empty
          title={
            isFiltered ? t.work.noneFiltered : search.state === undefined ? t.work.none : t.work.noneOther
          }
          more={t.work.noneMore}
          clear={
            isFiltered ? (
              <Link to="/work" search={workSearchFrom({ state: search.state })} activeProps={{}}>
                {t.states.clear}
              </Link>
            ) : undefined
          }
        />
      ) : (
        <WorkTable parts={parts} hasMore={isOpen} />
      )}
      {isOpen && worksOf !== undefined && <p className="soft small">{t.work.unmerged}</p>}
      <ListEnd
        shown={parts.length === 0 ? '' : `${t.work.shown(f.number(parts.length), parts.length)}.`}
        whole={parts.length === 0 || missing.length > 0 ? '' : t.work.whole}
        more={t.work.more}
        lists={shows}
      />
    </>
  );
}

/** Both lists by their ids. Of a group only what job-assembler names: archivers do not know whose work it is. */
function partsIn(
  orders: readonly WorkOrderRow[],
  works: readonly WorkRow[],
  { group }: WorkSearch,
): readonly MergedPart[] {
  const ids = new Set(orders.map(({ id }) => id));
  const ofThese = group === undefined ? works : works.filter(({ id }) => ids.has(id));
  return mergedParts([{ orders: { items: orders }, works: { items: ofThese }, missing: [] }]);
}
