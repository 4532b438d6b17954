import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { countsQuery, newestJobsQuery, pageSize, type JobCounts } from '../calls/queries.js';
import { failedStatuses, searchOf } from '../jobs/filters.js';
import { JobTable } from '../jobs/job-table.js';
import { useHere } from '../parts/session.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { useWords, wordOf } from '../parts/words.js';

/** How many jobs there are, by type and status. */
export function JobCountsPanel(): ReactElement {
  const { t } = useWords();
  const { data, error, isPending, refetch } = useQuery(countsQuery);
  return (
    <section className="card" aria-labelledby="counts">
      <h2 id="counts">{t.home.counts}</h2>
      {isPending ? (
        <Loading rows={4} />
      ) : data === undefined ? (
        <Failed error={error} again={() => void refetch()} />
      ) : (
        <>
          <h3>{t.home.unfinished}</h3>
          <CountList counts={data.unfinished} isUnfinished />
          <h3>{t.home.ended}</h3>
          <CountList counts={data.ended} isUnfinished={false} />
        </>
      )}
      <p className="foot">
        <Link to="/jobs">{t.home.toJobs}</Link>
      </p>
    </section>
  );
}

interface CountListProps {
  readonly counts: JobCounts['unfinished'];
  readonly isUnfinished: boolean;
}

function CountList({ counts, isUnfinished }: CountListProps): ReactElement {
  const { t, f } = useWords();
  if (counts.length === 0) return <p className="soft small">{t.words.none}</p>;
  return (
    <ul className="plain numbers">
      {counts.map(({ type, statusCode, count }) => (
        <li key={`${type}/${statusCode}`}>
          <Link
            to="/jobs"
            search={searchOf({ type, status: [statusCode], ...(isUnfinished ? { unfinished: true } : {}) })}
            activeProps={{}}
          >
            <bdi>{visible(wordOf(t.kinds, type))}</bdi>
          </Link>
          <Status code={statusCode} />
          <span className="num">{f.number(count)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Of a person without operators' rights: what goes on, what failed lately. */
export function MyJobs(): ReactElement {
  const { t } = useWords();
  const { session } = useHere();
  const { data, error, isPending, refetch } = useQuery(newestJobsQuery({}, pageSize));
  if (isPending) return <Loading rows={8} />;
  if (data === undefined) return <Failed error={error} again={() => void refetch()} />;
  if (data.items.length === 0) return <Empty title={t.jobs.none} more={t.jobs.noneMore} />;
  return (
    <>
      <nav className="views" aria-label={t.jobs.filters}>
        <Link to="/jobs" search={{ unfinished: 'true' }} className="view" activeProps={{}}>
          {t.jobs.quick.unfinished}
        </Link>
        <Link to="/jobs" search={{ status: failedStatuses.join(',') }} className="view" activeProps={{}}>
          {t.jobs.quick.failed}
        </Link>
        <Link to="/jobs" search={{ user: session.username }} className="view" activeProps={{}}>
          {t.home.mine}
        </Link>
      </nav>
      <JobTable jobs={data.items} hasMore={data.next !== undefined} />
      <p className="list-end">
        <Link to="/jobs">{t.home.toJobs}</Link>
      </p>
    </>
  );
}
