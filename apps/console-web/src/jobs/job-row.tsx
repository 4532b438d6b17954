import { Link } from '@tanstack/react-router';
import type { ReactElement, Ref } from 'react';
import type { ConsoleJobs, ShownJob } from '#console-api';
import { ProgressBar } from '../parts/progress.js';
import { isOver, shownStatus, Status } from '../parts/status.js';
import { beginning, visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { WhyLine } from '../parts/why.js';
import { useWords, wordOf } from '../parts/words.js';

export type ListedJob = ConsoleJobs['items'][number];

export interface RowMarks {
  readonly marked: ReadonlySet<string>;
  readonly toggle: (id: string) => void;
}

interface JobRowProps {
  readonly job: ListedJob;
  readonly index: number;
  readonly marks: RowMarks | undefined;
  readonly rowRef?: Ref<HTMLTableRowElement>;
}

/** One job: what it is about, how it stands and what it waits for, how far it is, whose it is. */
export function JobRow({ job, index, marks, rowRef }: JobRowProps): ReactElement {
  const { t } = useWords();
  const { id, progress, ownerUser, ownerGroup, createdAt, why } = job;
  const over = isOver(job.statusCode);
  return (
    <tr
      data-row
      data-index={index}
      ref={rowRef}
      aria-rowindex={index + 2}
      className={marks?.marked.has(id) === true ? 'marked' : undefined}
    >
      {marks !== undefined && (
        <td className="c-mark">
          <input
            type="checkbox"
            aria-label={t.jobs.markRow(visible(id))}
            checked={marks.marked.has(id)}
            onChange={() => marks.toggle(id)}
          />
        </td>
      )}
      <td className="c-job">
        <Link to="/jobs/$id" params={{ id }} data-main className="row-link">
          <bdi>{visible(wordOf(t.kinds, job.type))}</bdi>
          <span className="id">{visible(shortId(id))}</span>
        </Link>
        <Subject job={job} />
      </td>
      <td className="c-status">
        <Status code={shownStatus(job)} />
        {!over && why !== undefined && <WhyLine why={why} />}
        {over && job.statusCode !== 'finishedSuccessful' && job.statusMessage !== '' && (
          <bdi className="sub" title={visible(job.statusMessage)}>
            {visible(beginning(job.statusMessage, 160).text)}
          </bdi>
        )}
      </td>
      <td className="c-progress">{progress !== undefined && !over && <ProgressBar progress={progress} />}</td>
      <td className="c-owner">
        {ownerUser !== undefined && <bdi>{visible(ownerUser)}</bdi>}
        {ownerGroup !== undefined && <bdi className="sub">{visible(ownerGroup)}</bdi>}
      </td>
      <td className="c-created">
        <When at={createdAt} />
      </td>
    </tr>
  );
}

function Subject({ job: { datasets } }: { readonly job: ShownJob }): ReactElement | null {
  const { t, f } = useWords();
  const { count, first } = datasets;
  if (first === undefined) return null;
  return (
    <span className="sub">
      <bdi title={visible(first.pid)}>{visible(beginning(first.name ?? first.pid, 120).text)}</bdi>
      {count > 1 && ` ${t.jobs.andMore(f.number(count - 1))}`}
    </span>
  );
}

/** Ids are long, and differ at their beginning. */
export function shortId(id: string): string {
  return id.length > 13 ? id.slice(0, 8) : id;
}
