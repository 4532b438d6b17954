import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import { useAct } from '../act/acts.js';
import { pausesIn } from '../calls/archive-rows.js';
import type { Limits, PauseRow } from '../calls/archive-shapes.js';
import { ActButton } from '../parts/act-button.js';
import { Panel } from '../lists/panel.js';
import { refusalForAll } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { Sheet } from '../lists/sheet.js';
import { Empty } from '../parts/states.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { endPauseDeed } from './limit-deeds.js';
import { scopeText } from './limit-words.js';

interface PausesPanelProps {
  readonly app: string;
  readonly limits: Pick<Limits, 'pauses' | 'heldJobs'>;
  readonly actions: ReactNode;
}

/** What is paused or drained: by whom, why, until when, and what of it still runs. */
export function PausesPanel({ app, limits, actions }: PausesPanelProps): ReactElement {
  const { t, f } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const pauses = pausesIn(limits.pauses);
  const refused = refusalForAll(session, 'pause.end', t);
  return (
    <Panel title={t.limits.pauses} actions={actions}>
      {pauses.length === 0 ? (
        <Empty title={t.limits.noPauses} more={t.limits.pausesMore} />
      ) : (
        <>
          <Sheet
            caption={t.limits.pausesCaption}
            rows={pauses}
            keyOf={({ id }) => id}
            hasMore={limits.heldJobs !== undefined}
            columns={[
              { label: t.limits.scope, cell: ({ scope }) => <Scope scope={scope} /> },
              { label: t.limits.mode, cell: (pause) => <Mode pause={pause} /> },
              {
                label: t.limits.by,
                cell: ({ by, reason }) => (
                  <>
                    <bdi className="strong">{visible(by)}</bdi>
                    <span className="sub">
                      <q>
                        <Said text={reason} most={240} />
                      </q>
                    </span>
                  </>
                ),
              },
              { label: t.limits.since, cell: ({ since }) => <When at={since} /> },
              {
                label: t.limits.until,
                cell: ({ until }) => (until === undefined ? t.limits.untilEnded : <When at={until} exact />),
              },
              {
                label: t.me.action,
                cell: (pause) => (
                  <ActButton
                    text={t.limits.end}
                    refusal={refused}
                    onAct={() => ask(endPauseDeed(t, app, pause))}
                  />
                ),
              },
            ]}
          />
          <p className="soft small">
            {limits.heldJobs === undefined
              ? t.limits.pausesWhole
              : t.limits.heldMore(f.number(limits.heldJobs))}
          </p>
        </>
      )}
    </Panel>
  );
}

function Scope({ scope }: { readonly scope: string }): ReactElement {
  const { t } = useWords();
  const text = <bdi>{scopeText(t, scope)}</bdi>;
  if (!scope.startsWith('job:')) return text;
  return (
    <Link to="/jobs/$id" params={{ id: scope.slice('job:'.length) }} data-main>
      {text}
    </Link>
  );
}

function Mode({ pause: { mode = 'pause', left } }: { readonly pause: PauseRow }): ReactElement {
  const { t, f } = useWords();
  const known = mode === 'drain' ? 'drain' : 'pause';
  return (
    <>
      <Status code={known} word={t.limits.modes[known]} />
      {left !== undefined && (
        <span className="sub">{left === 0 ? t.limits.noneLeft : t.limits.left(left, f.number(left))}</span>
      )}
    </>
  );
}
