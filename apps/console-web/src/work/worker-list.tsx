import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import { rowsOf } from '../calls/app-pages.js';
import { archiversIn, isAllOf } from '../calls/archive-rows.js';
import { workersQuery } from '../calls/running-queries.js';
import type { WorkerRow } from '../calls/running-shapes.js';
import { isLater, toldOnce, type ToldRow } from '../calls/told-once.js';
import { ActButton } from '../parts/act-button.js';
import { refusal } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { Empty, Failed, Loading, Partial, Stale } from '../parts/states.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { pauseDeed, runDeed, type WorkerOfApp } from './work-deeds.js';
import { inOrder, workerState, type WorkerState } from './worker-state.js';

const columns = ['worker', 'state', 'slots', 'seen', 'version', 'acts'] as const;
/** The shapes and colours of words that mean the same elsewhere. */
const looks: Readonly<Record<WorkerState, string>> = {
  ...{ silent: 'silent', pause: 'stopped', drain: 'waits', empty: 'stopped', works: 'runs', idle: 'waiting' },
};

type ToldWorker = ToldRow<WorkerRow>;

/** Each archiver tells of all that share its database; the last sign of life counts. */
function eachOnce(workers: readonly WorkerOfApp[]): readonly ToldWorker[] {
  return toldOnce<WorkerRow>(workers, {
    sameBy: ({ instance, host, startedAt }) => [instance, host, startedAt],
    later: (one, other) => (isLater(other.seenAt, one.seenAt) ? other : one),
  });
}

/** All archivers: who they are, what they do, who is silent, and who has them take nothing. */
export function WorkerList(): ReactElement {
  const { t, f } = useWords();
  const { data, error, isPending, refetch, dataUpdatedAt } = useQuery(workersQuery);
  const workers = inOrder(eachOnce(rowsOf(data === undefined ? [] : [data])));
  const silent = workers.filter(({ alive }) => alive === false).length;
  return (
    <section className="card" aria-labelledby="workers">
      <h2 id="workers">{t.work.workers}</h2>
      {isPending ? (
        <Loading />
      ) : data === undefined ? (
        <Failed error={error} again={() => void refetch()} />
      ) : (
        <>
          <Stale at={dataUpdatedAt} error={error} />
          <Partial missing={archiversIn([data])} />
          {silent > 0 && (
            <p className="note stop" role="status">
              {t.work.silentOnes(silent, f.number(silent))}
            </p>
          )}
          {workers.length === 0 ? (
            <Empty title={t.work.noWorkers} more={t.work.noWorkersMore} />
          ) : (
            <>
              <WorkerTable workers={workers} />
              <p className="soft small foot">
                {isAllOf([data]) && t.work.workersAll(f.number(workers.length), workers.length)}
              </p>
            </>
          )}
        </>
      )}
    </section>
  );
}

function WorkerTable({ workers }: { readonly workers: readonly ToldWorker[] }): ReactElement {
  const { t } = useWords();
  return (
    <table className="rows plain-table stacked workers" aria-rowcount={workers.length + 1}>
      <caption className="hidden">{t.work.workersLead}</caption>
      <thead>
        <tr aria-rowindex={1}>
          {columns.map((name) => (
            <th key={name} scope="col">
              {t.work.workerColumns[name]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {workers.map((worker, index) => (
          <WorkerTableRow key={`${worker.app}/${worker.instance}`} worker={worker} index={index} />
        ))}
      </tbody>
    </table>
  );
}

interface WorkerTableRowProps {
  readonly worker: ToldWorker;
  readonly index: number;
}

function WorkerTableRow({ worker, index }: WorkerTableRowProps): ReactElement {
  const { t, f } = useWords();
  const { apps, instance, host, slots, works, seenAt, startedAt, version = '', targets } = worker;
  return (
    <tr data-row aria-rowindex={index + 2}>
      <td>
        <bdi className="strong">{visible(instance)}</bdi>
        <span className="sub">
          <bdi>{visible(apps.join(', '))}</bdi>
          {host !== undefined && !instance.startsWith(host) && <bdi> · {visible(host)}</bdi>}
        </span>
        {targets !== undefined && targets.length > 0 && (
          <bdi className="sub">{visible(targets.join(', '))}</bdi>
        )}
      </td>
      <td>
        <WorkerStanding worker={worker} />
      </td>
      <td data-label={t.work.workerColumns.slots}>
        {works !== undefined && slots !== undefined && t.work.worksOf(f.number(works), f.number(slots))}
      </td>
      <td data-label={t.work.workerColumns.seen}>
        <When at={seenAt} />
        <span className="sub">
          {t.work.started} <When at={startedAt} />
        </span>
      </td>
      <td data-label={t.work.workerColumns.version}>
        <bdi>{visible(version)}</bdi>
      </td>
      <td>
        <WorkerActs worker={worker} />
      </td>
    </tr>
  );
}

function WorkerStanding({ worker }: { readonly worker: WorkerOfApp }): ReactElement {
  const { t, f } = useWords();
  const { works = 0, steered, mode } = worker;
  const state = workerState(worker);
  return (
    <>
      <Status code={looks[state]} word={t.work.states[state]} />
      {mode !== 'run' && works > 0 && <span className="sub">{t.work.left(works, f.number(works))}</span>}
      {steered !== undefined && (
        <span className="sub reason">
          <q>
            <Said text={steered.reason} most={160} />
          </q>{' '}
          <bdi>{visible(steered.by)}</bdi> <When at={steered.since} />
          {steered.until !== undefined && (
            <>
              {', '}
              {t.work.until} <When at={steered.until} exact />
            </>
          )}
        </span>
      )}
    </>
  );
}

function WorkerActs({ worker }: { readonly worker: WorkerOfApp }): ReactElement {
  const { t, f } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const refused = refusal(session, 'pause.set', t);
  const isHeld = worker.mode === 'pause' || worker.mode === 'drain';
  return (
    <div className="buttons">
      {isHeld && (
        <ActButton text={`${t.work.run}…`} refusal={refused} onAct={() => ask(runDeed(t, worker))} />
      )}
      <ActButton text={`${t.work.pause}…`} refusal={refused} onAct={() => ask(pauseDeed(t, f, worker))} />
    </div>
  );
}
