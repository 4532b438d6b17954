import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { DeedRow } from '../audit/deed-row.js';
import { auditQuery } from '../calls/queries.js';
import { may } from '../parts/rights.js';
import { useHere } from '../parts/session.js';
import { Empty, Failed, Loading, Partial } from '../parts/states.js';
import { useWords } from '../parts/words.js';
import { entriesOf } from '../calls/from-apps.js';

const few = 10;

/** What people did last. */
export function LastDeeds(): ReactElement | null {
  const { t } = useWords();
  const { session } = useHere();
  const isAllowed = may(session, 'operations.audit');
  const { data, error, isPending, refetch } = useQuery({ ...auditQuery({}, few), enabled: isAllowed });
  if (!isAllowed) return null;
  const entries = entriesOf(data).slice(0, few);
  return (
    <section className="card" aria-labelledby="deeds">
      <h2 id="deeds">{t.home.audit}</h2>
      {isPending ? (
        <Loading rows={5} />
      ) : data === undefined ? (
        <Failed error={error} again={() => void refetch()} />
      ) : (
        <>
          <Partial missing={data.missing} />
          {entries.length === 0 ? (
            <Empty title={t.home.noAudit} more={t.audit.noneMore} />
          ) : (
            <ul className="plain deeds">
              {entries.map((entry) => (
                <DeedRow key={`${entry.app}/${entry.id}`} entry={entry} />
              ))}
            </ul>
          )}
          <Link to="/audit">{t.home.toAudit}</Link>
        </>
      )}
    </section>
  );
}
