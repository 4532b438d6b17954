import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { newestJobsQuery, overviewQuery } from '../calls/queries.js';
import { JobTable } from '../jobs/job-table.js';
import { Asked } from '../lists/asked.js';
import { Panel } from '../lists/panel.js';
import { isOperator } from '../parts/rights.js';
import { useHere } from '../parts/session.js';
import { Empty } from '../parts/states.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';

const shown = 10;
/** Unfinished jobs that are asked whether they hold the dataset, each for itself. */
const maxAsked = 20;

/** Jobs of the dataset, and which of them holds it. */
export function DatasetJobs({ pid }: { readonly pid: string }): ReactElement {
  const { t } = useWords();
  const question = useQuery(newestJobsQuery({ pid }, shown));
  return (
    <Panel title={t.dataset.jobs}>
      <Asked question={question}>
        {({ items, next }) => (
          <>
            <Claims pid={pid} />
            {items.length === 0 ? (
              <Empty title={t.dataset.noJobs} more={t.dataset.noJobsMore} />
            ) : (
              <JobTable jobs={items} hasMore={next !== undefined} />
            )}
            <p className="list-end">
              <Link to="/jobs" search={{ pid }}>
                {t.dataset.allJobs}
              </Link>
            </p>
          </>
        )}
      </Asked>
    </Panel>
  );
}

/** Which job holds the dataset. That none does is said only where all were asked that are not over. */
function Claims({ pid }: { readonly pid: string }): ReactElement {
  const { t } = useWords();
  const { session } = useHere();
  const open = useQuery(newestJobsQuery({ pid, unfinished: 'true' }, maxAsked));
  const jobs = open.data?.items ?? [];
  const questions = useQueries({ queries: jobs.map(({ id }) => overviewQuery(id)) });
  const claims = questions.flatMap(({ data }) => {
    const claim = data?.datasets.items.find((one) => one.pid === pid)?.claim;
    return data === undefined || claim === undefined ? [] : [{ job: data.job, claim }];
  });
  const areAll = open.data !== undefined && open.data.next === undefined && open.data.partial !== true;
  // A job of many datasets may have it on a page that was not asked for.
  const isKnown =
    areAll &&
    questions.every(
      ({ data }) =>
        data !== undefined &&
        (data.datasets.next === undefined || data.datasets.items.some((one) => one.pid === pid)),
    );
  const none = isOperator(session) ? t.dataset.noClaims : t.dataset.noClaimsSeen;
  if (claims.length === 0)
    return <p className="soft">{isKnown ? none : `${t.dataset.claims}: ${t.time.unknown}`}</p>;
  return (
    <dl className="pairs">
      <dt>{t.dataset.claims}</dt>
      <dd>
        {claims.map(({ job, claim }) => {
          const type = visible(wordOf(t.kinds, String(job.type)));
          return (
            <span key={job.id} className="claim">
              <Link to="/jobs/$id" params={{ id: job.id }}>
                {claim.exclusive ? t.dataset.claimedBy(type) : t.dataset.readBy(type)}
              </Link>{' '}
              <span className="soft">
                {t.words.since} <When at={claim.since} exact />
              </span>
            </span>
          );
        })}
        {!isKnown && <span className="sub">{t.dataset.claimsUnknown}</span>}
      </dd>
    </dl>
  );
}
