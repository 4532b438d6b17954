import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import { runsOf, type RunOfApp } from '../calls/from-apps.js';
import { runsQuery } from '../calls/queries.js';
import { stopDeed } from '../parked/parked-deeds.js';
import { ActButton } from '../parts/act-button.js';
import { refusal } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { Failed, Partial, Stale } from '../parts/states.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';

const few = 10;

/** Runs over many messages: how far each is, what failed, and a way to stop it. All operators see the same. */
export function BulkRuns(): ReactElement | null {
  const { t } = useWords();
  const { data, error, refetch, dataUpdatedAt } = useQuery(runsQuery);
  const runs = runsOf(data).slice(0, few);
  const missing = data?.missing ?? [];
  // A run of an app that does not answer goes on, and nobody can stop it from here: that is said.
  if (runs.length === 0 && missing.length === 0 && error === null) return null;
  return (
    <section className="card" aria-labelledby="runs">
      <h2 id="runs">{t.messages.runs}</h2>
      {data === undefined ? (
        <Failed error={error} again={() => void refetch()} />
      ) : (
        <>
          <Stale at={dataUpdatedAt} error={error} />
          <Partial missing={missing} />
        </>
      )}
      <ul className="plain parts">
        {runs.map((run) => (
          <RunRow key={`${run.app}/${run.id}`} run={run} />
        ))}
      </ul>
    </section>
  );
}

function RunRow({ run }: { readonly run: RunOfApp }): ReactElement {
  const { t, f } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const {
    app,
    kind,
    state,
    done,
    skipped,
    failed,
    found,
    by,
    createdAt,
    failures = [],
    waits,
    stopped,
  } = run;
  const over = done + skipped + failed;
  const total = Math.max(over + run.left, 1);
  return (
    <li className="part">
      <span className="part-name">
        <span>
          <span className="strong">{wordOf(t.actions, kind)}</span> <bdi>{visible(app)}</bdi>{' '}
          <code>{visible(Object.values(run.filter ?? {}).join(', '))}</code>
        </span>
        <span className="progress">
          <progress value={over} max={total} aria-label={t.messages.run(f.number(done), f.number(found))} />
          <span className="num">{t.messages.run(f.number(done), f.number(total))}</span>
        </span>
        <span className="sub">
          {[
            ...(skipped > 0 ? [t.messages.skipped(f.number(skipped))] : []),
            ...(failed > 0 ? [t.messages.failedRun(f.number(failed))] : []),
            ...(stopped === undefined ? [] : [t.messages.stoppedBy(visible(stopped.by))]),
          ].join(' · ')}
        </span>
        <span className="sub reason">
          <q>
            <Said text={run.reason} most={160} />
          </q>{' '}
          <bdi>{visible(by)}</bdi> <When at={createdAt} />
        </span>
        {waits !== undefined && (
          <span className="sub bad">
            {t.messages.waits}: <code>{visible(waits.code)}</code> <Said text={waits.message} most={160} />
          </span>
        )}
        {failures.length > 0 && (
          <details>
            <summary>{t.messages.failures}</summary>
            <ul>
              {failures.map(({ id, code, message }) => (
                <li key={id} className="small">
                  <code>{visible(id)}</code> <code>{visible(code)}</code> <Said text={message} most={160} />
                </li>
              ))}
            </ul>
          </details>
        )}
      </span>
      <span className="part-state">
        <Status code={state} />
        {state === 'running' && (
          <ActButton
            text={t.messages.stop}
            refusal={refusal(session, 'bulk.stop', t)}
            onAct={() => ask(stopDeed(t, app, run))}
          />
        )}
      </span>
    </li>
  );
}
