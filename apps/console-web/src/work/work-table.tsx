import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import type { MergedPart } from '../job/merged-parts.js';
import { WorkText } from '../job/parts-list.js';
import { ActButton } from '../parts/act-button.js';
import { FaultLine } from '../lists/fault-line.js';
import { refusal } from '../parts/rights.js';
import { Sentence } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { lineOf } from '../parts/why.js';
import { useWords, wordOf } from '../parts/words.js';
import { tryNowDeed } from '../job/try-now-deed.js';

interface WorkTableProps {
  readonly parts: readonly MergedPart[];
  readonly hasMore: boolean;
}

export function WorkTable({ parts, hasMore }: WorkTableProps): ReactElement {
  const { t } = useWords();
  const { columns } = t.work;
  return (
    <table className="rows stacked work" aria-rowcount={hasMore ? -1 : parts.length + 1}>
      <caption className="hidden">{t.work.caption}</caption>
      <thead>
        <tr aria-rowindex={1}>
          {(['work', 'status', 'where', 'who', 'since'] as const).map((name) => (
            <th key={name} scope="col" className={`c-${name}`}>
              {columns[name]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {parts.map((part, index) => (
          <WorkTableRow key={`${part.app ?? ''}\n${part.id}`} part={part} index={index} />
        ))}
      </tbody>
    </table>
  );
}

function WorkTableRow({ part, index }: { readonly part: MergedPart; readonly index: number }): ReactElement {
  const { t } = useWords();
  const { pid, group, targets, cartridge, since } = part;
  return (
    <tr data-row aria-rowindex={index + 2}>
      <td className="c-work">
        <WorkName part={part} />
        {pid !== undefined && (
          <Link to="/datasets/$pid" params={{ pid }} className="sub" activeProps={{}}>
            <bdi>{visible(pid)}</bdi>
          </Link>
        )}
        <bdi className="sub mono">{visible(partText(part))}</bdi>
        {group !== undefined && <bdi className="sub">{visible(group)}</bdi>}
      </td>
      <td className="c-status">
        <Standing part={part} />
      </td>
      <td className="c-where" data-label={t.work.columns.where}>
        {targets.length > 0 && <bdi>{visible(targets.join(', '))}</bdi>}
        {cartridge !== undefined && <bdi className="sub">{visible(cartridge)}</bdi>}
      </td>
      <td className="c-who">
        <Progress part={part} />
        <WorkText part={part} />
        {part.app !== undefined && <bdi className="sub soft">{visible(part.app)}</bdi>}
        {part.app === undefined && part.worker !== undefined && (
          <span className="sub">
            <bdi>{visible(part.worker)}</bdi> {t.work.outside}
          </span>
        )}
      </td>
      <td className="c-since" data-label={t.work.columns.since}>
        <When at={since} />
      </td>
    </tr>
  );
}

/** Its id without the job's, which stands above it. */
function partText({ id, jobId }: MergedPart): string {
  return jobId !== undefined && id.startsWith(`${jobId}/`) ? id.slice(jobId.length + 1) : id;
}

/** Jobs of the catalogue have pages; what operators asked an archiver for has none. */
function WorkName({ part: { kind, jobId } }: { readonly part: MergedPart }): ReactElement {
  const { t } = useWords();
  const name = <bdi>{visible(wordOf(t.kinds, kind))}</bdi>;
  if (jobId === undefined || !/^[0-9a-f-]{36}$/.test(jobId))
    return (
      <span className="row-link">
        {name} <span className="id">{t.work.ofOperators}</span>
      </span>
    );
  return (
    <Link to="/jobs/$id" params={{ id: jobId }} className="row-link" data-main activeProps={{}}>
      {name} <span className="id">{visible(jobId.slice(0, 8))}</span>
    </Link>
  );
}

function Standing({ part }: { readonly part: MergedPart }): ReactElement {
  const { t, f } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const { id, app, state, waitCode, nextTry, fault, isWaiting } = part;
  return (
    <>
      <Status code={state} />
      {waitCode !== undefined && (
        <span className="sub">
          <Sentence pieces={lineOf({ code: waitCode, facts: {} }, t.waits, f)} />
        </span>
      )}
      {fault !== undefined && <FaultLine fault={fault} />}
      {nextTry !== undefined && (
        <span className="sub">
          {t.job.nextTry} <When at={nextTry} />
        </span>
      )}
      {isWaiting && app !== undefined && (
        <ActButton
          text={t.actions['part.try-now']}
          refusal={refusal(session, 'part.try-now', t)}
          onAct={() => ask(tryNowDeed(t, app, id))}
        />
      )}
    </>
  );
}

function Progress({ part }: { readonly part: MergedPart }): ReactElement | null {
  const { t, f } = useWords();
  const { state, bytesDone, bytesTotal } = part;
  if (state !== 'runs' || bytesDone === undefined || bytesTotal === undefined || !(bytesTotal > 0))
    return null;
  return (
    <span className="progress">
      <progress
        value={Math.min(bytesDone, bytesTotal)}
        max={bytesTotal}
        aria-label={t.words.of(f.bytes(bytesDone), f.bytes(bytesTotal))}
      />
      <span className="num">{f.percent(bytesDone / bytesTotal)}</span>
    </span>
  );
}
