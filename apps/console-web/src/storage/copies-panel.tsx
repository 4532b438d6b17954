import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { MissingApp } from '#console-api';
import type { OfApp } from '../calls/app-pages.js';
import { copiesQuery } from '../calls/archive-queries.js';
import { archiversIn, copiesIn, isAllOf } from '../calls/archive-rows.js';
import type { CopyRow } from '../calls/archive-shapes.js';
import { Asked } from '../lists/asked.js';
import { ListEnd } from '../lists/list-end.js';
import { Panel } from '../lists/panel.js';
import { Said } from '../parts/said.js';
import { Sheet, type Column } from '../lists/sheet.js';
import { Empty, Partial } from '../parts/states.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';
import type { Formats } from '../parts/formats.js';
import type { Texts } from '../texts/texts-en.js';
import { CopiesFilter } from './copies-filter.js';
import { copiesFilterOf, type StorageSearch } from './storage-search.js';

interface CopiesPanelProps {
  readonly search: StorageSearch;
  /** Names of shares that are known. */
  readonly shares: readonly string[];
  /** Archivers that the page has said to be missing. */
  readonly told: readonly MissingApp[];
}

/** Copies of all archivers, as far as the filters let them through, page by page. */
export function CopiesPanel({ search, shares, told }: CopiesPanelProps): ReactElement {
  const { t, f } = useWords();
  const list = useInfiniteQuery(copiesQuery(copiesFilterOf(search)));
  const isFiltered = Object.keys(search).length > 0;
  return (
    <Panel title={t.storage.copiesTitle} anchor="copies">
      <CopiesFilter key={JSON.stringify(search)} search={search} shares={shares} />
      <Asked question={list} rows={6}>
        {({ pages }) => {
          const copies = copiesIn(pages);
          const isAll = isAllOf(pages);
          return (
            <>
              <Partial missing={archiversIn(pages, told)} />
              {copies.length === 0 && !list.hasNextPage ? (
                <Empty
                  title={isAll ? t.storage.noCopies : t.storage.notAll}
                  more={isAll ? t.storage.noCopiesMore : t.storage.notAllMore}
                  clear={
                    isFiltered ? (
                      <Link to="/storage" search={{}} activeProps={{}} resetScroll={false}>
                        {t.states.clear}
                      </Link>
                    ) : undefined
                  }
                />
              ) : (
                <>
                  <Sheet
                    caption={t.storage.copiesCaption}
                    rows={copies}
                    columns={columnsOf(t, f)}
                    keyOf={({ app, archiveId, share }) => `${app}\n${archiveId}\n${share}`}
                    hasMore={list.hasNextPage}
                  />
                  <ListEnd
                    shown={t.words.count(copies.length, f.number(copies.length))}
                    more={t.storage.moreCopies}
                    whole={isAll ? `· ${t.storage.endCopies}` : ''}
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

function columnsOf(t: Texts, f: Formats): readonly Column<OfApp<CopyRow>>[] {
  const { columns } = t.storage;
  return [
    {
      label: columns.dataset,
      cell: ({ pid, archiveId }) => (
        <>
          <Link to="/datasets/$pid" params={{ pid }} data-main>
            <bdi>{visible(pid)}</bdi>
          </Link>
          <span className="sub mono">
            <bdi>{visible(archiveId)}</bdi>
          </span>
        </>
      ),
    },
    { label: columns.share, cell: ({ share }) => <bdi>{visible(share)}</bdi> },
    {
      label: columns.state,
      cell: ({ state, finding }) => (
        <>
          <Status code={state} word={wordOf(t.copyStates, state)} />
          {finding !== undefined && (
            <span className="sub bad">
              <Said text={finding} most={160} />
            </span>
          )}
        </>
      ),
    },
    { label: columns.verified, cell: ({ verifiedAt }) => <When at={verifiedAt} /> },
    { label: columns.size, cell: ({ bytes }) => f.bytes(bytes), isNumber: true },
  ];
}
