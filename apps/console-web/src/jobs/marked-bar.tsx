import type { ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import { steeringAppOf } from './steering-app.js';
import { ActButton } from '../parts/act-button.js';
import { CopyButton } from '../parts/copy-button.js';
import { may } from '../parts/rights.js';
import { useHere } from '../parts/session.js';
import { useWords } from '../parts/words.js';
import { cancelDeed } from './job-deeds.js';
import type { ListedJob } from './job-row.js';
import { deferDeedOf, fittingJobs, priorityDeedOf, retryDeedOf } from './marked-deeds.js';

interface MarkedBarProps {
  readonly jobs: readonly ListedJob[];
  readonly onClear: () => void;
}

/** What may be done with the marked jobs at once: to those to which it can be done; the dialog names the others. */
export function MarkedBar({ jobs, onClear }: MarkedBarProps): ReactElement {
  const { t, f } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const [cancel, retry] = [fittingJobs(session, t, jobs, 'cancel'), fittingJobs(session, t, jobs, 'retry')];
  return (
    <div className="marked-bar">
      <span className="strong">{t.jobs.marked(f.number(jobs.length), jobs.length)}</span>
      <ActButton
        text={`${t.actions['job.retry']}…`}
        refusal={retry.refusal}
        onAct={() => ask(retryDeedOf(t, f, retry))}
      />
      <SteerButtons jobs={jobs} />
      <ActButton
        text={`${t.actions['job.cancel']}…`}
        refusal={cancel.refusal}
        isDanger
        onAct={() => ask(cancelDeed(t, f, session, cancel.jobs, cancel.leftOut))}
      />
      <CopyButton label={t.jobs.copyIds} text={() => jobs.map(({ id }) => id).join('\n')} />
      <button type="button" className="button quiet" onClick={onClear}>
        {t.jobs.unmark}
      </button>
    </div>
  );
}

/** For operators alone, as at a job. */
function SteerButtons({ jobs }: Pick<MarkedBarProps, 'jobs'>): ReactElement | null {
  const { t, f } = useWords();
  const { session, settings } = useHere();
  const ask = useAct();
  if (!may(session, 'job.priority') && !may(session, 'job.defer')) return null;
  const app = steeringAppOf(settings.apps);
  const unknown = app === undefined ? t.act.noSteeringApp : undefined;
  const priority = fittingJobs(session, t, jobs, 'priority');
  const defer = fittingJobs(session, t, jobs, 'defer');
  return (
    <>
      <ActButton
        text={`${t.actions['job.priority']}…`}
        refusal={priority.refusal ?? unknown}
        onAct={() => app !== undefined && ask(priorityDeedOf(t, f, app, priority))}
      />
      <ActButton
        text={`${t.actions['job.defer']}…`}
        refusal={defer.refusal ?? unknown}
        onAct={() => app !== undefined && ask(deferDeedOf(t, f, app, defer))}
      />
    </>
  );
}
