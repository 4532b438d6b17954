import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { steeringQuery } from '../calls/queries.js';
import type { JobOverview } from '../calls/shapes.js';
import { shortId } from '../jobs/job-row.js';
import { CopyButton } from '../parts/copy-button.js';
import { may } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { shownStatus, Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { addressOf } from './address-of.js';
import { steeringAppOf } from '../jobs/steering-app.js';
import { linkFor } from '../parts/safe-link.js';

/** What is known of the job in short, and where it leads. */
export function JobFacts({ overview }: { readonly overview: JobOverview }): ReactElement {
  const { t } = useWords();
  const { settings, session } = useHere();
  const { job, retries, unsent } = overview;
  const logs = linkFor(settings.links.logs, job.id);
  const metrics = linkFor(settings.links.metrics, job.id);
  return (
    <section className="card facts">
      <h2 className="hidden">{t.job.facts}</h2>
      <dl className="pairs">
        <dt>{t.job.id}</dt>
        <dd>
          <code>{visible(job.id)}</code>
          <br />
          <CopyButton label={t.copy.copy} text={() => job.id} isInline />{' '}
          <CopyButton label={t.copy.address} text={() => addressOf(job)} isInline />
        </dd>
        <dt>{t.job.owner}</dt>
        <dd>
          <bdi>{visible(job.ownerUser ?? t.time.noTime)}</bdi>
          {job.ownerGroup !== undefined && (
            <>
              {' · '}
              <bdi>{visible(job.ownerGroup)}</bdi>
            </>
          )}
        </dd>
        <dt>{t.job.created}</dt>
        <dd>
          <When at={job.createdAt} exact />
        </dd>
        <dt>{t.job.updated}</dt>
        <dd>
          <When at={job.updatedAt} />
        </dd>
        <Steering id={job.id} isShown={may(session, 'operations.read')} />
        {job.cancel !== undefined && (
          <>
            <dt>{t.status.jobCancelled}</dt>
            <dd>
              {t.job.cancelledBy(visible(job.cancel.by))} <When at={job.cancel.at} />
              {job.cancel.reason !== undefined && (
                <p className="reason">
                  <q>
                    <Said text={job.cancel.reason} />
                  </q>
                </p>
              )}
            </dd>
          </>
        )}
        {job.retryOf !== undefined && (
          <>
            <dt>{t.job.original}</dt>
            <dd>
              <JobLink id={job.retryOf} />
            </dd>
          </>
        )}
        {retries.length > 0 && (
          <>
            <dt>{t.job.retriedBy}</dt>
            <dd>
              {retries.map((retry) => (
                <p key={retry.id}>
                  <JobLink id={retry.id} /> <Status code={shownStatus(retry)} />
                </p>
              ))}
            </dd>
          </>
        )}
        {unsent.length > 0 && (
          <>
            <dt>{t.job.unsent}</dt>
            <dd>
              {unsent.map(({ type, awaits, since }, index) => (
                <p key={index} className="small">
                  {t.job.unsentRow(visible(type), visible(awaits.join(', ')))} <When at={since} />
                </p>
              ))}
            </dd>
          </>
        )}
        {(logs !== undefined || metrics !== undefined) && (
          <>
            <dt>{t.job.links}</dt>
            <dd>
              {logs !== undefined && (
                <a href={logs} rel="noreferrer">
                  {t.job.logs}
                </a>
              )}{' '}
              {metrics !== undefined && (
                <a href={metrics} rel="noreferrer">
                  {t.job.metrics}
                </a>
              )}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

/** What operators have said of its order and time. */
function Steering({ id, isShown }: { readonly id: string; readonly isShown: boolean }): ReactElement | null {
  const { t } = useWords();
  const app = steeringAppOf(useHere().settings.apps);
  const { data } = useQuery({
    ...steeringQuery(app, id),
    enabled: app !== undefined && isShown,
    retry: false,
  });
  if (data === undefined) return null;
  const { priority, deferredUntil, notBefore } = data.body ?? {};
  const until = deferredUntil ?? notBefore;
  return (
    <>
      {priority !== undefined && (
        <>
          <dt>{t.job.priority}</dt>
          <dd>{t.job.priorities[priority] ?? priority}</dd>
        </>
      )}
      {until !== undefined && (
        <>
          <dt>{t.job.deferred}</dt>
          <dd>
            <When at={until} exact />
          </dd>
        </>
      )}
    </>
  );
}

function JobLink({ id }: { readonly id: string }): ReactElement {
  return (
    <Link to="/jobs/$id" params={{ id }} className="mono">
      <bdi>{visible(shortId(id))}</bdi>
    </Link>
  );
}
