import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { FormEvent, ReactElement } from 'react';
import { rowsOf } from '../calls/app-pages.js';
import { missingIn } from '../calls/audit-pages.js';
import { recallsQuery } from '../calls/running-queries.js';
import type { RecallRow } from '../calls/running-shapes.js';
import { ListEnd } from '../lists/list-end.js';
import { TextFilter } from '../lists/text-filter.js';
import { Said } from '../parts/said.js';
import { Empty, Failed, Loading, Partial, Stale } from '../parts/states.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';
import {
  publicationsSearchFrom,
  recallsFilter,
  recallStates,
  type PublicationsSearch,
} from './publications-search.js';

/** What readers have asked for, and where that is. */
export function RecallList({ search }: { readonly search: PublicationsSearch }): ReactElement {
  const { t } = useWords();
  return (
    <section className="card" aria-labelledby="recalls">
      <h2 id="recalls">{t.publications.recalls}</h2>
      <p className="soft small">{t.publications.recallsLead}</p>
      <RecallFilters search={search} />
      <Recalls search={search} hasClear />
    </section>
  );
}

function RecallFilters({ search }: { readonly search: PublicationsSearch }): ReactElement {
  const { t } = useWords();
  const navigate = useNavigate();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { recalls, doi } = Object.fromEntries(new FormData(event.currentTarget));
    void navigate({ to: '/publications', search: publicationsSearchFrom({ ...search, recalls, doi }) });
  };
  return (
    <form className="filter-form flat" onSubmit={submit} key={JSON.stringify(search)}>
      <div className="field">
        <label htmlFor="recalls-state">{t.publications.recallState}</label>
        <select id="recalls-state" name="recalls" defaultValue={search.recalls ?? ''}>
          <option value="">{t.words.all}</option>
          {recallStates.map((one) => (
            <option key={one} value={one}>
              {t.publications.recallStates[one]}
            </option>
          ))}
        </select>
      </div>
      <TextFilter page="recalls" name="doi" label={t.publications.doi} value={search.doi} />
      <div className="buttons">
        <button type="submit" className="button">
          {t.jobs.apply}
        </button>
      </div>
    </form>
  );
}

interface RecallsProps {
  readonly search: PublicationsSearch;
  /** Whether its filter is the address's, so that it can be taken away. */
  readonly hasClear?: boolean;
}

/** The recalls that a filter finds, page by page. */
export function Recalls({ search, hasClear = false }: RecallsProps): ReactElement {
  const { t, f } = useWords();
  const filter = recallsFilter(search);
  const list = useInfiniteQuery(recallsQuery(filter));
  if (list.isPending) return <Loading />;
  if (list.data === undefined) return <Failed error={list.error} again={() => void list.refetch()} />;
  const { pages } = list.data;
  const rows = rowsOf(pages);
  const missing = missingIn(pages);
  const isFiltered = hasClear && Object.keys(filter).length > 0;
  return (
    <>
      <Stale at={list.dataUpdatedAt} error={list.error} />
      <Partial missing={missing} />
      {rows.length === 0 ? (
        <Empty
          title={isFiltered ? t.publications.noRecallsFiltered : t.publications.noRecalls}
          more={t.publications.noRecallsMore}
          clear={
            isFiltered ? (
              <Link
                to="/publications"
                search={publicationsSearchFrom({ ...search, recalls: '', doi: '' })}
                activeProps={{}}
              >
                {t.states.clear}
              </Link>
            ) : undefined
          }
        />
      ) : (
        <RecallTable recalls={rows} hasMore={list.hasNextPage} />
      )}
      {rows.length > 0 && (
        <ListEnd
          shown={`${t.words.count(rows.length, f.number(rows.length))}.`}
          whole={missing.length > 0 ? '' : t.publications.whole}
          more={t.publications.more}
          lists={[list]}
        />
      )}
    </>
  );
}

interface RecallTableProps {
  readonly recalls: readonly RecallRow[];
  readonly hasMore: boolean;
}

function RecallTable({ recalls, hasMore }: RecallTableProps): ReactElement {
  const { t } = useWords();
  return (
    <table className="rows plain-table stacked recalls" aria-rowcount={hasMore ? -1 : recalls.length + 1}>
      <caption className="hidden">{t.publications.recallsCaption}</caption>
      <thead>
        <tr aria-rowindex={1}>
          {(['doi', 'state', 'asked', 'job'] as const).map((name) => (
            <th key={name} scope="col">
              {t.publications.recallColumns[name]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {recalls.map((recall, index) => (
          <RecallTableRow key={recall.id} recall={recall} index={index} />
        ))}
      </tbody>
    </table>
  );
}

const looks: Readonly<Record<string, string>> = {
  ...{ requested: 'waiting', recalling: 'runs', mailing: 'waits', ready: 'done', failed: 'failed' },
};

function RecallTableRow({
  recall,
  index,
}: {
  readonly recall: RecallRow;
  readonly index: number;
}): ReactElement {
  const { t, f } = useWords();
  const { doi, state, asked, confirmed, mailed, jobId, requestedAt, finishedAt, message } = recall;
  const { attempts = 0, dueAt } = recall;
  const about = [
    asked === true ? t.publications.forReader : t.publications.forRelease,
    ...(mailed === true ? [t.publications.mailed] : []),
    ...(mailed === true && confirmed !== true ? [t.publications.unconfirmed] : []),
  ];
  return (
    <tr data-row aria-rowindex={index + 2}>
      <td>
        <Link to="/publications/$doi" params={{ doi }} data-main activeProps={{}}>
          <bdi>{visible(doi)}</bdi>
        </Link>
      </td>
      <td>
        <Status
          code={Object.hasOwn(looks, state) ? (looks[state] ?? state) : state}
          word={wordOf(t.publications.recallStates, state)}
        />
        <span className="sub">{about.join(' · ')}</span>
        {message !== undefined && (
          <span className="sub">
            <Said text={message} most={200} />
          </span>
        )}
        {dueAt !== undefined && attempts > 0 && (
          <span className="sub">
            {t.publications.attempt(f.number(attempts))} · {t.publications.nextTry} <When at={dueAt} />
          </span>
        )}
      </td>
      <td data-label={t.publications.recallColumns.asked}>
        <When at={requestedAt} />
        {finishedAt !== undefined && (
          <span className="sub">
            {t.publications.ended} <When at={finishedAt} />
          </span>
        )}
      </td>
      <td>
        {jobId !== undefined && (
          <Link to="/jobs/$id" params={{ id: jobId }} activeProps={{}}>
            <span className="id">{visible(jobId.slice(0, 8))}</span>
          </Link>
        )}
      </td>
    </tr>
  );
}
