import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { newestJobsQuery } from '../calls/queries.js';
import { shortId } from '../jobs/job-row.js';
import { Icon } from '../parts/icons.js';
import { Sentence } from '../parts/said.js';
import { Empty, Failed, Loading, Partial } from '../parts/states.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { lineOf } from '../parts/why.js';
import { useWords } from '../parts/words.js';
import { waitsOf } from './home-facts.js';

/** Unfinished jobs that are looked at: for as many one question is allowed. */
const most = 200;

/** What unfinished jobs wait for, each with how many, and the oldest of them. */
export function WaitsPanel(): ReactElement {
  const { t, f } = useWords();
  const { data, error, isPending, refetch } = useQuery(newestJobsQuery({ unfinished: 'true' }, most));
  const jobs = data?.items ?? [];
  const waits = waitsOf(jobs);
  const missing = jobs.find(({ why }) => (why?.missing.length ?? 0) > 0)?.why?.missing ?? [];
  const oldest = jobs.at(-1);
  return (
    <section className="card" aria-labelledby="waits">
      <h2 id="waits">{t.home.waits}</h2>
      {isPending ? (
        <Loading rows={5} />
      ) : data === undefined ? (
        <Failed error={error} again={() => void refetch()} />
      ) : (
        <>
          <Partial missing={missing} />
          {waits.length === 0 ? (
            <Empty title={jobs.length === 0 ? t.home.noJobs : t.home.noWaits} more={t.home.noWaitsMore} />
          ) : (
            <ul className="plain counts">
              {waits.map(({ code, count, sample, jobId, needsPeople }) => (
                <li key={code} className={needsPeople ? 'wait' : 'calm'}>
                  <span className="big num">{f.number(count)}</span>
                  <span>
                    <span className="why-line">
                      <Icon shape="clock" />
                      <span>
                        <Sentence pieces={lineOf(sample, t.waits, f)} />
                      </span>
                    </span>
                    <span className="sub">
                      <code>{visible(code)}</code> ·{' '}
                      {t.waits.changers[sample.changeable] ?? sample.changeable} ·{' '}
                      <Link to="/jobs/$id" params={{ id: jobId }}>
                        {visible(shortId(jobId))}
                      </Link>
                    </span>
                  </span>
                </li>
              ))}
            </ul>
          )}
          {oldest !== undefined && (
            <p className="foot small">
              <span className="soft">{data.next === undefined ? t.home.oldest : t.home.oldestShown}: </span>
              <Link to="/jobs/$id" params={{ id: oldest.id }}>
                {visible(shortId(oldest.id))}
              </Link>{' '}
              <When at={oldest.createdAt} />
              <span className="soft">
                {' · '}
                {data.next === undefined
                  ? t.home.waitsAll(f.number(jobs.length))
                  : t.home.waitsOf(f.number(jobs.length))}
              </span>
            </p>
          )}
        </>
      )}
    </section>
  );
}
