import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ShownJob } from '#console-api';
import { useAct } from '../act/acts.js';
import { CallFault } from '../calls/call.js';
import { overviewQuery, steeringQuery, whyQuery } from '../calls/queries.js';
import { cancelDeed, deferDeed, priorityDeed, retryDeed } from '../jobs/job-deeds.js';
import { jobRefusals } from '../jobs/job-rights.js';
import { shortId } from '../jobs/job-row.js';
import { ActButton } from '../parts/act-button.js';
import { CopyButton } from '../parts/copy-button.js';
import { isOperator, may } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { Failed, Loading, Stale } from '../parts/states.js';
import { isOver, shownStatus, Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { useWords, wordOf } from '../parts/words.js';
import { Page } from '../shell/page.js';
import { addressOf } from './address-of.js';
import { DatasetList } from './dataset-list.js';
import { Downloads } from './downloads.js';
import { helpdeskText } from './helpdesk.js';
import { JobFacts } from './job-facts.js';
import { PartsList } from './parts-list.js';
import { ProgressPanel } from './progress-panel.js';
import { steeringAppOf } from '../jobs/steering-app.js';
import { steeredOf } from './steering.js';
import { TimelineList } from './timeline-list.js';
import { WhyPanel } from './why-panel.js';

const route = getRouteApi('/jobs/$id');

/** All about one job. */
export function JobPage(): ReactElement {
  const { t } = useWords();
  const { id } = route.useParams();
  const { data, error, isPending, refetch, dataUpdatedAt } = useQuery(overviewQuery(id));
  const shown = visible(shortId(id));
  if (data === undefined)
    return (
      <Page title={shown}>
        {isPending ? (
          <Loading rows={10} />
        ) : (
          <Failed
            error={error}
            again={() => void refetch()}
            {...(error instanceof CallFault && error.status === 404 ? { title: t.job.notFound } : {})}
          />
        )}
        {(isPending || isAway(error)) && <FromApps id={id} />}
      </Page>
    );
  const { job } = data;
  const type = visible(wordOf(t.kinds, job.type));
  return (
    <Page
      title={t.job.title(type, shown)}
      heading={
        <>
          <bdi>{type}</bdi> <span className="id">{shown}</span> <Status code={shownStatus(job)} />
        </>
      }
      actions={<JobActions job={job} />}
    >
      <Stale at={dataUpdatedAt} error={error} />
      {job.statusMessage !== '' && (
        <p className="lead">
          <Said text={job.statusMessage} most={400} />
        </p>
      )}
      <div className="columns">
        <div>
          <WhyPanel job={job} />
          <ProgressPanel key={job.id} job={job} />
          <Downloads job={job} />
          <DatasetList overview={data} />
          <PartsList id={job.id} />
        </div>
        <aside>
          <JobFacts overview={data} />
          <section className="card">
            <h2>{t.job.timeline}</h2>
            <TimelineList id={job.id} />
          </section>
        </aside>
      </div>
    </Page>
  );
}

/** What the apps know of a job, while the catalogue has not answered, or cannot be asked: operators need it most then. */
function FromApps({ id }: { readonly id: string }): ReactElement | null {
  const { session } = useHere();
  if (!isOperator(session)) return null;
  return (
    <>
      <WhyPanel job={{ id, statusCode: '' }} />
      <PartsList id={id} />
    </>
  );
}

function isAway(error: unknown): boolean {
  return error instanceof CallFault && (error.status >= 500 || error.code === 'console.emergency-session');
}

/** What a person may do with it. */
function JobActions({ job }: { readonly job: ShownJob }): ReactElement {
  const { t, f, now } = useWords();
  const { session, settings } = useHere();
  const ask = useAct();
  const client = useQueryClient();
  const refusals = jobRefusals(session, t, job);
  const steers = may(session, 'job.priority') || may(session, 'job.defer');
  const app = steeringAppOf(settings.apps);
  const { data, error } = useQuery({
    ...steeringQuery(app, job.id),
    enabled: app !== undefined && steers && !isOver(job.statusCode),
  });
  const known = steeredOf(job, { app, data, error }, t);
  const unknown = 'refusal' in known ? known.refusal : undefined;
  return (
    <>
      <CopyButton
        label={t.copy.facts}
        text={() =>
          helpdeskText(
            {
              ...{ job, address: addressOf(job), now: now(), version: settings.version },
              why: client.getQueryData(whyQuery(job.id).queryKey),
            },
            t,
            f,
          )
        }
      />
      {steers && (
        <>
          <ActButton
            text={`${t.actions['job.priority']}…`}
            refusal={refusals.priority ?? unknown}
            onAct={() => 'steered' in known && ask(priorityDeed(t, known.steered, known.priority))}
          />
          <ActButton
            text={`${t.actions['job.defer']}…`}
            refusal={refusals.defer ?? unknown}
            onAct={() => 'steered' in known && ask(deferDeed(t, f, known.steered))}
          />
        </>
      )}
      <ActButton
        text={`${t.actions['job.retry']}…`}
        refusal={refusals.retry}
        onAct={() => ask(retryDeed(t, job))}
      />
      <ActButton
        text={`${t.actions['job.cancel']}…`}
        refusal={refusals.cancel}
        isDanger
        onAct={() => ask(cancelDeed(t, f, session, [job]))}
      />
    </>
  );
}
