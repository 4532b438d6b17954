import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { FormEvent, ReactElement } from 'react';
import { actions } from '#console-api';
import { auditPagesQuery, missingIn, wholeEntries } from '../calls/audit-pages.js';
import { TextFilter } from '../lists/text-filter.js';
import { saveText } from '../parts/save.js';
import { Empty, Failed, Loading, Partial } from '../parts/states.js';
import { visible } from '../parts/visible.js';
import { useWords, wordOf } from '../parts/words.js';
import { Page } from '../shell/page.js';
import { auditSearchFrom } from './audit-search.js';
import { csvOf } from './csv.js';
import { DeedRow } from './deed-row.js';

const route = getRouteApi('/audit');

/** Who did what to which, why, and what came of it: of all apps, newest first. */
export function AuditPage(): ReactElement {
  const { t } = useWords();
  const search = route.useSearch();
  const trail = useInfiniteQuery(auditPagesQuery({ ...search }));
  const { data, error, isPending, refetch, hasNextPage, isFetchingNextPage } = trail;
  const pages = data?.pages ?? [];
  const entries = wholeEntries(pages);
  const without = pages[0]?.without ?? [];
  const isFiltered = Object.keys(search).length > 0;
  return (
    <Page
      title={t.audit.title}
      lead={t.audit.lead}
      actions={
        entries.length > 0 && (
          <button
            type="button"
            className="button quiet"
            onClick={() =>
              saveText('audit.csv', csvOf(entries, hasNextPage ? t.audit.cut : undefined), 'text/csv')
            }
          >
            {t.audit.csv}
          </button>
        )
      }
    >
      <AuditFilters key={JSON.stringify(search)} />
      {isPending ? (
        <Loading rows={8} />
      ) : data === undefined ? (
        <Failed error={error} again={() => void refetch()} />
      ) : (
        <>
          <Partial missing={missingIn(pages)} />
          {without.length > 0 && (
            <p className="soft small">{t.audit.without(without.map(visible).join(', '))}</p>
          )}
          {entries.length === 0 ? (
            <Empty
              title={t.audit.none}
              more={t.audit.noneMore}
              clear={
                isFiltered ? (
                  <Link to="/audit" search={{}} activeProps={{}}>
                    {t.states.clear}
                  </Link>
                ) : undefined
              }
            />
          ) : (
            <ul className="plain deeds card">
              {entries.map((entry) => (
                <DeedRow key={`${entry.app}/${entry.id}`} entry={entry} />
              ))}
            </ul>
          )}
          <div className="list-end">
            <span className="soft small">
              {hasNextPage ? t.audit.more : entries.length > 0 && t.audit.end}
            </span>
            {hasNextPage && (
              <button
                type="button"
                className="button quiet"
                aria-disabled={isFetchingNextPage}
                onClick={() => !isFetchingNextPage && void trail.fetchNextPage()}
              >
                {isFetchingNextPage ? t.states.loading : t.audit.older}
              </button>
            )}
          </div>
        </>
      )}
    </Page>
  );
}

function AuditFilters(): ReactElement {
  const { t } = useWords();
  const search = route.useSearch();
  const navigate = useNavigate();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.currentTarget));
    void navigate({ to: '/audit', search: auditSearchFrom(given) });
  };
  return (
    <form className="filter-form flat" onSubmit={submit}>
      <TextFilter page="audit" name="by" label={t.audit.by} value={search.by} />
      <div className="field">
        <label htmlFor="audit-action">{t.audit.action}</label>
        <select id="audit-action" name="action" defaultValue={search.action ?? ''}>
          <option value="">{t.words.all}</option>
          {actions.map((action) => (
            <option key={action} value={action}>
              {wordOf(t.actions, action)}
            </option>
          ))}
        </select>
      </div>
      <TextFilter page="audit" name="subject" label={t.audit.subject} value={search.subject} />
      <TextFilter page="audit" name="jobId" label={t.messages.job} value={search.jobId} />
      <div className="buttons">
        <button type="submit" className="button">
          {t.jobs.apply}
        </button>
        <Link to="/audit" search={{}} className="button quiet" activeProps={{}}>
          {t.jobs.clear}
        </Link>
      </div>
    </form>
  );
}
