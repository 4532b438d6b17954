import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { groupsQuery } from '../calls/queries.js';
import { Empty, Failed, Loading, Partial } from '../parts/states.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { groupsOf } from '../calls/from-apps.js';

const few = 6;

/** Messages that people have to decide on. */
export function ParkedPanel(): ReactElement {
  const { t, f } = useWords();
  const { data, error, isPending, refetch } = useQuery(groupsQuery({ by: 'code', state: 'parked' }));
  const groups = groupsOf(data);
  return (
    <section className="card" aria-labelledby="parked">
      <h2 id="parked">{t.home.parked}</h2>
      {isPending ? (
        <Loading rows={3} />
      ) : data === undefined ? (
        <Failed error={error} again={() => void refetch()} />
      ) : (
        <>
          <Partial missing={data.missing} />
          {groups.length === 0 ? (
            <Empty title={t.home.noParked} more={t.home.noParkedMore} />
          ) : (
            <ul className="plain counts">
              {groups.slice(0, few).map(({ app, key, count, last }) => (
                <li key={`${app}/${key}`} className="wait">
                  <span className="big num">{f.number(count)}</span>
                  <span>
                    <Link to="/messages" search={{ app, key }}>
                      <code>{visible(key)}</code>
                    </Link>
                    <span className="sub">
                      <bdi>{visible(app)}</bdi> · {t.messages.last} <When at={last} />
                    </span>
                  </span>
                </li>
              ))}
            </ul>
          )}
          {groups.length > few && <Link to="/messages">{t.home.toMessages}</Link>}
        </>
      )}
    </section>
  );
}
