import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState, type ReactElement } from 'react';
import { useWords } from '../parts/words.js';
import { JobRow, type ListedJob, type RowMarks } from './job-row.js';

interface JobTableProps {
  readonly jobs: readonly ListedJob[];
  readonly marks?: RowMarks;
  /** Whether there are older ones, so that nobody knows how many in all. */
  readonly hasMore: boolean;
}

/** Rows up to which all of them are in the page: find in page and printing have them then. */
const few = 100;
const usualHeight = 58;

export function JobTable({ jobs, marks, hasMore }: JobTableProps): ReactElement {
  const { t } = useWords();
  const columns = t.jobs.columns;
  return (
    <table className="rows jobs" aria-rowcount={hasMore ? -1 : jobs.length + 1}>
      <caption className="hidden">{t.jobs.caption}</caption>
      <thead>
        <tr aria-rowindex={1}>
          {marks !== undefined && (
            <th className="c-mark" scope="col">
              <span className="hidden">{t.jobs.mark}</span>
            </th>
          )}
          <th className="c-job" scope="col">
            {columns.job}
          </th>
          <th className="c-status" scope="col">
            {columns.status}
          </th>
          <th className="c-progress" scope="col">
            {columns.progress}
          </th>
          <th className="c-owner" scope="col">
            {columns.owner}
          </th>
          <th className="c-created" scope="col">
            {columns.created}
          </th>
        </tr>
      </thead>
      {jobs.length <= few ? (
        <tbody>
          {jobs.map((job, index) => (
            <JobRow key={job.id} job={job} index={index} marks={marks} />
          ))}
        </tbody>
      ) : (
        <VirtualRows jobs={jobs} marks={marks} />
      )}
    </table>
  );
}

interface VirtualRowsProps {
  readonly jobs: readonly ListedJob[];
  readonly marks: RowMarks | undefined;
}

/** Of many rows only those near the window are in the page; the others are an empty height before and behind. */
function VirtualRows({ jobs, marks }: VirtualRowsProps): ReactElement {
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const box = body.current?.getBoundingClientRect();
    setTop((box?.top ?? 0) + window.scrollY);
  }, []);
  const rows = useWindowVirtualizer({
    count: jobs.length,
    estimateSize: () => usualHeight,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => jobs[index]?.id ?? index,
  });
  const items = rows.getVirtualItems();
  const before = Math.max(0, (items[0]?.start ?? top) - top);
  const behind = Math.max(0, rows.getTotalSize() - ((items.at(-1)?.end ?? top) - top));
  return (
    <tbody ref={body}>
      {before > 0 && <Gap height={before} />}
      {items.map(({ index, key }) => {
        const job = jobs[index];
        return (
          job !== undefined && (
            <JobRow key={key} job={job} index={index} marks={marks} rowRef={rows.measureElement} />
          )
        );
      })}
      {behind > 0 && <Gap height={behind} />}
    </tbody>
  );
}

function Gap({ height }: { readonly height: number }): ReactElement {
  return (
    <tr className="gap" aria-hidden="true" role="presentation">
      <td colSpan={6} style={{ height }} />
    </tr>
  );
}
