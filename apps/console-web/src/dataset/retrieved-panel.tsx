import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import type { OfApp } from '../calls/app-pages.js';
import { retrievedQuery } from '../calls/archive-queries.js';
import { archiversIn, isAllOf, retrievedIn } from '../calls/archive-rows.js';
import type { RetrievedRow } from '../calls/archive-shapes.js';
import { RetrievedButtons } from '../copies/retrieved-buttons.js';
import { Asked } from '../lists/asked.js';
import { ListEnd } from '../lists/list-end.js';
import { Panel } from '../lists/panel.js';
import { Sheet } from '../lists/sheet.js';
import { Empty, Partial } from '../parts/states.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';

/** What an operator has kept is not kept by a job. */
const operators = 'operations';

/** Copies of the dataset in the retrieval area: until when, and which jobs have them kept. */
export function RetrievedPanel({ pid }: { readonly pid: string }): ReactElement {
  const { t, f } = useWords();
  const ask = useAct();
  const list = useInfiniteQuery(retrievedQuery(pid));
  return (
    <Panel title={t.dataset.retrieved}>
      <Asked question={list} rows={2}>
        {({ pages }) => {
          const rows = retrievedIn(pages);
          const isAll = isAllOf(pages);
          return (
            <>
              <Partial missing={archiversIn(pages)} />
              {rows.length === 0 ? (
                <Empty
                  title={isAll ? t.dataset.noRetrieved : t.storage.notAll}
                  more={isAll ? t.dataset.noRetrievedMore : t.storage.notAllMore}
                />
              ) : (
                <>
                  <Sheet
                    caption={t.dataset.retrievedCaption}
                    rows={rows}
                    keyOf={({ app, id }) => `${app}/${id}`}
                    hasMore={list.hasNextPage}
                    columns={[
                      {
                        label: t.dataset.copy,
                        cell: ({ id, bytes }) => (
                          <>
                            <bdi className="mono">{visible(id)}</bdi>
                            {bytes !== undefined && <span className="sub">{f.bytes(bytes)}</span>}
                          </>
                        ),
                      },
                      {
                        label: t.storage.state,
                        cell: ({ state }) => (
                          <Status code={state} word={wordOf(t.dataset.retrievedStates, state)} />
                        ),
                      },
                      { label: t.dataset.until, cell: ({ expiresAt }) => <When at={expiresAt} exact /> },
                      { label: t.dataset.keptBy, cell: (copy) => <KeptBy copy={copy} /> },
                      {
                        label: t.me.action,
                        cell: (copy) => <RetrievedButtons copy={copy} onAsk={ask} />,
                      },
                    ]}
                  />
                  <ListEnd
                    shown={t.words.count(rows.length, f.number(rows.length))}
                    more={t.dataset.moreRetrieved}
                    whole={isAll ? `· ${t.limits.whole}` : ''}
                    lists={[list]}
                  />
                </>
              )}
            </>
          );
        }}
      </Asked>
    </Panel>
  );
}

function KeptBy({ copy: { jobs = [] } }: { readonly copy: OfApp<RetrievedRow> }): ReactElement {
  const { t } = useWords();
  if (jobs.length === 0) return <span className="soft">{t.dataset.keptByNobody}</span>;
  return (
    <ul className="plain kept">
      {jobs.map((job) => (
        <li key={job}>
          {job === operators ? (
            t.dataset.keptByOperators
          ) : (
            <Link to="/jobs/$id" params={{ id: String(job) }}>
              {t.messages.job} <span className="id">{visible(String(job).slice(0, 8))}</span>
            </Link>
          )}
        </li>
      ))}
    </ul>
  );
}
