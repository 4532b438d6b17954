import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { isOfKind } from '#console-api';
import { useAct } from '../act/acts.js';
import { limitsQuery } from '../calls/archive-queries.js';
import type { Limits } from '../calls/archive-shapes.js';
import type { Answered } from '../calls/call.js';
import { ActButton } from '../parts/act-button.js';
import { Asked } from '../lists/asked.js';
import { isOperator, refusalForAll } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { Empty } from '../parts/states.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { Page } from '../shell/page.js';
import { pauseDeed } from './limit-deeds.js';
import { HoldersPanel, PlannedPanel } from './holders.js';
import { LimitsTable } from './limits-table.js';
import { PausesPanel } from './pauses-panel.js';

/** Who has the slots, who waits, what operators have changed and paused: of each app that releases work. */
export function LimitsPage(): ReactElement {
  const { t } = useWords();
  const { session, settings } = useHere();
  const apps = settings.apps.filter((app) => isOfKind(app, 'job-assembler'));
  if (!isOperator(session))
    return (
      <Page title={t.limits.title}>
        <Empty title={t.states.noRight} more={t.states.noRightMore} />
      </Page>
    );
  return (
    <Page title={t.limits.title} lead={t.limits.lead}>
      {apps.length === 0 ? (
        <Empty title={t.limits.noApp} more={t.limits.noAppMore} />
      ) : (
        apps.map((app) => <LimitsOf key={app} app={app} isNamed={apps.length > 1} />)
      )}
    </Page>
  );
}

interface LimitsOfProps {
  readonly app: string;
  readonly isNamed: boolean;
}

function LimitsOf({ app, isNamed }: LimitsOfProps): ReactElement {
  const question = useQuery(limitsQuery(app));
  return (
    <section aria-label={app}>
      {isNamed && (
        <h2>
          <bdi>{visible(app)}</bdi>
        </h2>
      )}
      <Asked question={question} rows={8}>
        {(answer) => <Shown app={app} answer={answer} />}
      </Asked>
    </section>
  );
}

function Shown({ app, answer }: { readonly app: string; readonly answer: Answered<Limits> }): ReactElement {
  const { t } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const { body: limits, etag } = answer;
  const refused = refusalForAll(session, 'pause.set', t);
  return (
    <>
      <Closed limits={limits} />
      <PausesPanel
        app={app}
        limits={limits}
        actions={
          <>
            <ActButton
              text={t.limits.pauseOne}
              refusal={refused}
              onAct={() => ask(pauseDeed(t, app, false))}
            />
            <ActButton
              text={t.limits.pauseAll}
              refusal={refused}
              isDanger
              onAct={() => ask(pauseDeed(t, app, true))}
            />
          </>
        }
      />
      <LimitsTable app={app} limits={limits} etag={etag} />
      <div className="two">
        <HoldersPanel groups={limits.used.groups} />
        <PlannedPanel limits={limits} />
      </div>
    </>
  );
}

/** Targets that a maintenance window closes now. */
function Closed({ limits: { closed = {} } }: { readonly limits: Limits }): ReactElement {
  const { t } = useWords();
  return (
    <>
      {Object.entries(closed).map(([target, window]) => (
        <p key={target} className="note">
          {t.limits.closed} <bdi className="strong">{visible(target)}</bdi>
          {window?.reason !== undefined && (
            <>
              : <Said text={window.reason} most={200} />
            </>
          )}
          {window?.opensAt !== undefined && (
            <>
              {' · '}
              {t.limits.opens} <When at={window.opensAt} />
            </>
          )}
        </p>
      ))}
    </>
  );
}
