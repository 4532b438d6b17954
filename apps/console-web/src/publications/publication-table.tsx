import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import type { PublicationOfApp } from '../calls/running-queries.js';
import type { FieldProblem } from '../calls/running-shapes.js';
import { ActButton } from '../parts/act-button.js';
import { FaultLine } from '../lists/fault-line.js';
import { refusal } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';
import { retryDeed } from './publication-deeds.js';

interface PublicationTableProps {
  readonly publications: readonly PublicationOfApp[];
  readonly hasMore: boolean;
}

export function PublicationTable({ publications, hasMore }: PublicationTableProps): ReactElement {
  const { t } = useWords();
  return (
    <table className="rows stacked publications" aria-rowcount={hasMore ? -1 : publications.length + 1}>
      <caption className="hidden">{t.publications.caption}</caption>
      <thead>
        <tr aria-rowindex={1}>
          {(['doi', 'status', 'since', 'acts'] as const).map((name) => (
            <th key={name} scope="col" className={`c-${name}`}>
              {t.publications.columns[name]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {publications.map((publication, index) => (
          <PublicationTableRow
            key={`${publication.app}/${publication.doi}`}
            publication={publication}
            index={index}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  readonly publication: PublicationOfApp;
  readonly index: number;
}

function PublicationTableRow({ publication, index }: RowProps): ReactElement {
  const { t } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const { app, doi, wanted, blocked, lastFault } = publication;
  return (
    <tr data-row aria-rowindex={index + 2}>
      <td className="c-doi">
        <Link to="/publications/$doi" params={{ doi }} className="row-link" data-main activeProps={{}}>
          <bdi>{visible(doi)}</bdi>
        </Link>
        {wanted !== undefined && (
          <span className="sub">
            {t.publication.wanted}: {visible(wordOf(t.publication.wantedWords, wanted))}
          </span>
        )}
      </td>
      <td className="c-status">
        <PublicationStanding publication={publication} />
      </td>
      <td className="c-since" data-label={t.publications.columns.since}>
        <When at={blocked?.at ?? lastFault?.at} />
      </td>
      <td className="c-acts">
        <ActButton
          text={`${t.publications.retry}…`}
          refusal={refusal(session, 'publication.retry', t)}
          onAct={() => ask(retryDeed(t, app, doi))}
        />
      </td>
    </tr>
  );
}

/** What it waits for: why it is blocked, or what is done next, when, and what went wrong last. */
export function PublicationStanding({
  publication: { step, blocked, lastFault, dueAt, attempts = 0 },
}: {
  readonly publication: PublicationOfApp;
}): ReactElement {
  const { t, f } = useWords();
  if (blocked !== undefined)
    return (
      <>
        <Status code="failed" word={t.publications.blocked} />
        <FaultLine fault={blocked} />
        <Problems problems={blocked.problems} />
      </>
    );
  const isAtRest = step === undefined || step === 'none';
  return (
    <>
      <Status
        code={isAtRest ? 'done' : lastFault === undefined ? 'runs' : 'waits'}
        word={isAtRest ? t.publication.atRest : t.publications.moving}
      />
      {!isAtRest && (
        <span className="sub">{t.publication.next(visible(wordOf(t.publication.stepWords, step)))}</span>
      )}
      {lastFault !== undefined && <FaultLine fault={lastFault} />}
      {dueAt !== undefined && (
        <span className="sub">
          {attempts > 0 && `${t.publications.attempt(f.number(attempts))} · `}
          {t.publications.nextTry} <When at={dueAt} />
        </span>
      )}
    </>
  );
}

/** What is wrong with fields of the record, for its author. */
export function Problems({
  problems,
}: {
  readonly problems: readonly FieldProblem[] | undefined;
}): ReactElement | null {
  const { t } = useWords();
  if (problems === undefined || problems.length === 0) return null;
  return (
    <div className="problems">
      <p className="sub">{t.publications.problems}:</p>
      <ul>
        {problems.slice(0, 50).map(({ field, reason }, index) => (
          <li key={index} className="small">
            <code>{visible(field)}</code> <Said text={reason} most={200} />
          </li>
        ))}
      </ul>
    </div>
  );
}
