import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, type ReactElement, type Ref } from 'react';
import { datasetsQuery } from '../calls/queries.js';
import type { JobOverview, JobPart } from '../calls/shapes.js';
import { Said } from '../parts/said.js';
import { Empty, Failed } from '../parts/states.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';

const few = 40;
/** Rows that are loaded at most: more is for the command line. */
const most = 10_000;

/** The datasets of a job, with what became of each. */
export function DatasetList({ overview }: { readonly overview: JobOverview }): ReactElement {
  const { t, f } = useWords();
  const { job, datasets } = overview;
  const rest = useInfiniteQuery(datasetsQuery(job.id, datasets.next));
  const parts = [...datasets.items, ...(rest.data?.pages.flatMap(({ items }) => items) ?? [])];
  const hasMore = datasets.next !== undefined && (rest.data === undefined || rest.hasNextPage);
  const isFull = parts.length >= most;
  // What was loaded is asked for again with each news, and does not keep anybody from going on.
  const isLoading = rest.isFetchingNextPage || rest.isLoading;
  const load = (): void => {
    if (isLoading) return;
    void (rest.data === undefined ? rest.refetch() : rest.fetchNextPage());
  };
  return (
    <section className="card" aria-labelledby="datasets">
      <h2 id="datasets">
        {t.job.datasets} <span className="count">{f.number(job.datasets.count)}</span>
      </h2>
      {parts.length === 0 ? (
        <Empty title={t.job.noDatasets} />
      ) : parts.length <= few ? (
        <ul className="plain parts">
          {parts.map((part) => (
            <DatasetRow key={part.pid} part={part} />
          ))}
        </ul>
      ) : (
        <ManyDatasets parts={parts} />
      )}
      {rest.error !== null && <Failed error={rest.error} again={load} />}
      {(hasMore || parts.length > few) && (
        <div className="list-end">
          <span className="soft small" role="status">
            {t.job.loadedOf(f.number(parts.length), f.number(job.datasets.count))}
            {isFull && hasMore && ` · ${t.job.tooMany(f.number(most))}`}
          </span>
          {hasMore && !isFull && (
            <button type="button" className="button quiet" aria-disabled={isLoading} onClick={load}>
              {isLoading ? t.states.loading : t.job.loadMore}
            </button>
          )}
        </div>
      )}
    </section>
  );
}

/** Of many only those in sight are in the page. */
function ManyDatasets({ parts }: { readonly parts: readonly JobPart[] }): ReactElement {
  const { t } = useWords();
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: parts.length,
    getScrollElement: () => box.current,
    estimateSize: () => 34,
    overscan: 10,
    initialRect: { width: 600, height: 420 },
  });
  return (
    <div className="scroll-box" ref={box} tabIndex={0} role="region" aria-label={t.job.datasets}>
      <ul className="plain parts" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const part = parts[index];
          return (
            part !== undefined && (
              <DatasetRow
                key={index}
                part={part}
                place={{ index, start, count: parts.length, ref: rows.measureElement }}
              />
            )
          );
        })}
      </ul>
    </div>
  );
}

interface DatasetRowProps {
  readonly part: JobPart;
  readonly place?: {
    readonly index: number;
    readonly start: number;
    readonly count: number;
    readonly ref: Ref<HTMLLIElement>;
  };
}

function DatasetRow({ part, place }: DatasetRowProps): ReactElement {
  const { t } = useWords();
  const { pid, name, state, code, message, claim } = part;
  const where =
    place === undefined
      ? {}
      : {
          ref: place.ref,
          'data-index': place.index,
          'aria-posinset': place.index + 1,
          'aria-setsize': place.count,
          style: {
            position: 'absolute' as const,
            top: 0,
            left: 0,
            right: 0,
            transform: `translateY(${place.start}px)`,
          },
        };
  return (
    <li className="part" {...where}>
      <span className="part-name">
        <Link to="/datasets/$pid" params={{ pid }}>
          <bdi>{visible(name ?? pid)}</bdi>
        </Link>
        {name !== undefined && <bdi className="sub mono">{visible(pid)}</bdi>}
        {message !== undefined && (
          <span className="sub bad">
            {code !== undefined && <code>{visible(code)}</code>} <Said text={message} most={160} />
          </span>
        )}
      </span>
      <span className="part-state">
        <Status code={state} />
        {claim !== undefined && (
          <span className="sub">
            {claim.exclusive ? t.job.claim : t.job.claimShared} <When at={claim.since} />
          </span>
        )}
      </span>
    </li>
  );
}
