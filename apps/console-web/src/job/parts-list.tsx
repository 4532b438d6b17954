import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import { missingIn } from '../calls/audit-pages.js';
import { partsQuery } from '../calls/queries.js';
import { ActButton } from '../parts/act-button.js';
import { refusal } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { Empty, Failed, Loading, Partial } from '../parts/states.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';
import { tryNowDeed } from './try-now-deed.js';
import { mergedParts, type MergedPart } from './merged-parts.js';

/** Work orders of the job with what archivers do with each: attempts, last fault, next try. */
export function PartsList({ id }: { readonly id: string }): ReactElement {
  const { t } = useWords();
  const parts = useInfiniteQuery(partsQuery(id));
  if (parts.isPending)
    return (
      <section className="card">
        <h2>{t.job.workParts}</h2>
        <Loading />
      </section>
    );
  if (parts.data === undefined) return <Failed error={parts.error} again={() => void parts.refetch()} />;
  const { pages } = parts.data;
  const merged = mergedParts(pages);
  const missing = missingIn(pages);
  return (
    <section className="card" aria-labelledby="parts">
      <h2 id="parts">{t.job.workParts}</h2>
      <Partial missing={missing} />
      {merged.length === 0 ? (
        missing.length === 0 && <Empty title={t.job.noParts} more={t.job.noPartsMore} />
      ) : (
        <ul className="plain parts">
          {merged.map((part) => (
            <PartRow key={`${part.app ?? ''}\n${part.id}`} part={part} />
          ))}
        </ul>
      )}
      {parts.hasNextPage && (
        <div className="list-end">
          <button
            type="button"
            className="button quiet"
            aria-disabled={parts.isFetchingNextPage}
            onClick={() => !parts.isFetchingNextPage && void parts.fetchNextPage()}
          >
            {parts.isFetchingNextPage ? t.states.loading : t.job.loadMore}
          </button>
        </div>
      )}
    </section>
  );
}

function PartRow({ part }: { readonly part: MergedPart }): ReactElement {
  const { t } = useWords();
  const { id, kind, pid, state, targets, fault, nextTry } = part;
  return (
    <li className="part">
      <span className="part-name">
        <span>
          <bdi>{visible(wordOf(t.kinds, kind))}</bdi>
          {targets.length > 0 && <bdi className="soft"> · {visible(targets.join(', '))}</bdi>}
        </span>
        <bdi className="sub mono">{visible(pid ?? id)}</bdi>
        <WorkText part={part} />
        {fault !== undefined && (
          <span className="sub bad">
            <code>{visible(fault.code)}</code> <Said text={fault.message} most={200} />
          </span>
        )}
      </span>
      <span className="part-state">
        <Status code={state} />
        {nextTry !== undefined && (
          <span className="sub">
            {t.job.nextTry} <When at={nextTry} />
          </span>
        )}
        {part.isWaiting && part.app !== undefined && <TryNow app={part.app} id={id} />}
      </span>
    </li>
  );
}

/** How far it is, how fast, and by whom. */
export function WorkText({ part }: { readonly part: MergedPart }): ReactElement | null {
  const { t, f } = useWords();
  const { attempts = 0, worker, phase, bytesDone, bytesTotal, rate, cartridge, state } = part;
  const isRunning = state === 'runs';
  const texts = [
    ...(isRunning && phase !== undefined ? [wordOf(t.waits.phases, phase)] : []),
    ...(isRunning && bytesDone !== undefined && bytesTotal !== undefined
      ? [t.words.of(f.bytes(bytesDone), f.bytes(bytesTotal))]
      : []),
    ...(isRunning && rate !== undefined && rate > 0 ? [f.rate(rate)] : []),
    ...(attempts > 1 ? [t.job.attempt(f.number(attempts))] : []),
    ...(cartridge === undefined ? [] : [visible(cartridge)]),
    ...(worker !== undefined && (isRunning || state === 'silent') ? [visible(worker)] : []),
  ];
  return texts.length === 0 ? null : <span className="sub">{texts.join(' · ')}</span>;
}

function TryNow({ app, id }: { readonly app: string; readonly id: string }): ReactElement | null {
  const { t } = useWords();
  const { session } = useHere();
  const ask = useAct();
  // Owners do not need to read of what is not theirs to do.
  if (refusal(session, 'part.try-now', t) !== undefined) return null;
  return <ActButton text={t.actions['part.try-now']} onAct={() => ask(tryNowDeed(t, app, id))} />;
}
