import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type ReactElement, type ReactNode } from 'react';
import type { MissingApp } from '#console-api';
import { CallFault } from '../calls/call.js';
import { codesQuery } from '../calls/queries.js';
import { Icon } from './icons.js';
import { Said } from './said.js';
import { missingText } from './missing-text.js';
import { When } from './when.js';
import { useWords } from './words.js';

/** Milliseconds before a skeleton is shown: what comes sooner does not flicker. */
const patience = 200;

/** Loading: nothing at first, then the shape of what will be there. */
export function Loading({ rows = 4 }: { readonly rows?: number }): ReactElement {
  const { t } = useWords();
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), patience);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={isLate ? 'skeleton' : 'skeleton early'} role="status">
      <span className="hidden">{t.states.loading}</span>
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} className="bone" aria-hidden="true" />
      ))}
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  /** What would be here. */
  readonly more?: string;
  /** Where a filter hides it: how to see everything. */
  readonly clear?: ReactNode;
}

export function Empty({ title, more, clear }: EmptyProps): ReactElement {
  const { t } = useWords();
  return (
    <div className="empty">
      <p className="strong">{title}</p>
      {clear === undefined ? (
        more !== undefined && <p className="soft">{more}</p>
      ) : (
        <p className="soft">
          {t.states.filtered} {clear}
        </p>
      )}
    </div>
  );
}

/** Who did not answer; the rest is usable. */
export function Partial({
  missing = [],
}: {
  readonly missing?: readonly MissingApp[] | undefined;
}): ReactElement | null {
  const { t, f } = useWords();
  if (missing.length === 0) return null;
  return (
    <div className="note" role="status">
      <p>
        <strong>{t.states.partial}.</strong>{' '}
        {missing.map((one, index) => (
          <span key={index}>{missingText(one, t, f)} </span>
        ))}
        {t.states.rest}
      </p>
    </div>
  );
}

interface FailedProps {
  readonly error: unknown;
  readonly again?: (() => void) | undefined;
  readonly title?: string;
}

/** A fault: its code with what it means and what to do, the trace, and another try. */
export function Failed({ error, again, title }: FailedProps): ReactElement {
  const { t } = useWords();
  const fault = error instanceof CallFault ? error : undefined;
  const isMissing = fault?.status === 404;
  if (fault?.status === 403) return <Empty title={t.states.noRight} more={fault.message} />;
  return (
    <div className="note stop" role="alert">
      <p className="strong">
        <Icon shape="triangle" /> {title ?? t.states.failed}
      </p>
      <p>
        <Said text={fault?.message ?? (error instanceof Error ? error.message : String(error))} />
      </p>
      {fault !== undefined && <FaultFacts fault={fault} />}
      {again !== undefined && !isMissing && (
        <button type="button" className="button quiet" onClick={again}>
          {t.states.again}
        </button>
      )}
    </div>
  );
}

export function FaultFacts({ fault }: { readonly fault: CallFault }): ReactElement {
  const { t } = useWords();
  const { code, app, traceId } = fault.fault;
  return (
    <>
      <CodeText code={code} />
      <p className="small soft">
        {t.states.code} <code>{code}</code>
        {app !== undefined && (
          <>
            {' · '}
            <bdi>{app}</bdi>
          </>
        )}
        {traceId !== undefined && (
          <>
            {' · '}
            {t.states.trace} <code>{traceId}</code>
          </>
        )}
      </p>
    </>
  );
}

/** What the documentation says of an error code, where this version has it. */
export function CodeText({ code }: { readonly code: string }): ReactElement | null {
  const { t } = useWords();
  const { data } = useQuery(codesQuery);
  // A console of another version may answer otherwise.
  const text = Object.hasOwn(data ?? {}, code) ? data?.[code] : undefined;
  if (text === undefined) return null;
  return (
    <dl className="pairs code-text">
      <dt>{t.states.meaning}</dt>
      <dd lang="en">{text.meaning}</dd>
      <dt>{t.states.remedy}</dt>
      <dd lang="en">{text.remedy}</dd>
    </dl>
  );
}

/** An old answer is shown while a new one fails: since when it is old. */
export function Stale({ at, error }: { readonly at: number; readonly error: unknown }): ReactElement | null {
  if (error === null || error === undefined || at === 0) return null;
  return (
    <p className="note small">
      <When at={new Date(at).toISOString()} /> · <Said text={error instanceof Error ? error.message : ''} />
    </p>
  );
}
