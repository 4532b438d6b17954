import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { FormEvent, ReactElement } from 'react';
import { isOfKind } from '#console-api';
import { useAct } from '../act/acts.js';
import { rowsOf } from '../calls/app-pages.js';
import { missingIn } from '../calls/audit-pages.js';
import { publicationsQuery } from '../calls/running-queries.js';
import { ActButton } from '../parts/act-button.js';
import { ListEnd } from '../lists/list-end.js';
import { TextFilter } from '../lists/text-filter.js';
import { refusal } from '../parts/rights.js';
import { useHere } from '../parts/session.js';
import { Empty, Failed, Loading, Partial, Stale } from '../parts/states.js';
import { visible } from '../parts/visible.js';
import { useWords } from '../parts/words.js';
import { Page } from '../shell/page.js';
import { compareDeed } from './publication-deeds.js';
import { PublicationTable } from './publication-table.js';
import {
  publicationsSearchFrom,
  publicationViews,
  unrestFilter,
  type PublicationsSearch,
} from './publications-search.js';
import { PublicSidePanel } from './public-side-panel.js';
import { RecallList } from './recall-list.js';

const route = getRouteApi('/publications');

/** Publications that are not at rest and what each waits for, recalls for readers, and how the public side is. */
export function PublicationsPage(): ReactElement {
  const { t, f } = useWords();
  const search = route.useSearch();
  const { session, settings } = useHere();
  const ask = useAct();
  const publishers = settings.apps.filter((app) => isOfKind(app, 'publisher'));
  return (
    <Page
      title={t.publications.title}
      lead={t.publications.lead}
      actions={publishers.map((app) => (
        <ActButton
          key={app}
          text={`${t.publications.compare}…${publishers.length > 1 ? ` (${visible(app)})` : ''}`}
          refusal={refusal(session, 'publication.compare', t)}
          onAct={() => ask(compareDeed(t, f, app))}
        />
      ))}
    >
      <Choices search={search} />
      <PublicationList search={search} />
      <RecallList search={search} />
      <PublicSidePanel />
    </Page>
  );
}

function Choices({ search }: { readonly search: PublicationsSearch }): ReactElement {
  const { t } = useWords();
  const navigate = useNavigate();
  const { view = 'all' } = search;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { code, open } = Object.fromEntries(new FormData(event.currentTarget));
    const doi = typeof open === 'string' ? open.trim() : '';
    if (doi !== '') return void navigate({ to: '/publications/$doi', params: { doi } });
    void navigate({ to: '/publications', search: publicationsSearchFrom({ ...search, code }) });
  };
  return (
    <>
      <nav className="views filters" aria-label={t.publications.view}>
        {publicationViews.map((one) => (
          <Link
            key={one}
            to="/publications"
            search={publicationsSearchFrom({ ...search, view: one })}
            className={one === view ? 'view on' : 'view'}
            activeProps={{}}
            aria-current={one === view ? 'true' : undefined}
          >
            {t.publications.views[one]}
          </Link>
        ))}
      </nav>
      <form className="filter-form flat" onSubmit={submit} key={JSON.stringify(search)}>
        <TextFilter page="publications" name="code" label={t.publications.code} value={search.code} />
        <div className="field">
          <label htmlFor="publications-open">{t.publications.go}</label>
          <input
            id="publications-open"
            name="open"
            maxLength={500}
            spellCheck={false}
            placeholder={t.publications.doi}
            aria-describedby="publications-open-hint"
          />
          <p className="hint" id="publications-open-hint">
            {t.publications.goHint}
          </p>
        </div>
        <div className="buttons">
          <button type="submit" className="button">
            {t.jobs.apply}
          </button>
          <Link to="/publications" search={{}} className="button quiet" activeProps={{}}>
            {t.jobs.clear}
          </Link>
        </div>
      </form>
    </>
  );
}

function PublicationList({ search }: { readonly search: PublicationsSearch }): ReactElement {
  const { t, f } = useWords();
  const list = useInfiniteQuery(publicationsQuery(unrestFilter(search)));
  if (list.isPending) return <Loading rows={6} />;
  if (list.data === undefined) return <Failed error={list.error} again={() => void list.refetch()} />;
  const { pages } = list.data;
  // Each publisher tells its blocked ones first.
  const rows = [...rowsOf(pages)].sort((one, other) => rankOf(one) - rankOf(other));
  const missing = missingIn(pages);
  const isFiltered = search.view !== undefined || search.code !== undefined;
  return (
    <>
      <Stale at={list.dataUpdatedAt} error={list.error} />
      <Partial missing={missing} />
      {rows.length === 0 ? (
        <Empty
          title={isFiltered ? t.publications.noneFiltered : t.publications.none}
          more={t.publications.noneMore}
          clear={
            isFiltered ? (
              <Link to="/publications" search={{}} activeProps={{}}>
                {t.states.clear}
              </Link>
            ) : undefined
          }
        />
      ) : (
        <PublicationTable publications={rows} hasMore={list.hasNextPage} />
      )}
      <ListEnd
        shown={rows.length === 0 ? '' : `${t.publications.shown(f.number(rows.length), rows.length)}.`}
        whole={rows.length === 0 || missing.length > 0 ? '' : t.publications.whole}
        more={t.publications.more}
        lists={[list]}
      />
    </>
  );
}

function rankOf({ blocked }: { readonly blocked?: unknown }): number {
  return blocked === undefined ? 1 : 0;
}
