import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import { groupsOf } from '../calls/from-apps.js';
import { groupsQuery, parkedQuery } from '../calls/queries.js';
import type { ParkedRow } from '../calls/shapes.js';
import { bulkDeed } from '../parked/parked-deeds.js';
import { ActButton } from '../parts/act-button.js';
import { refusal } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { CodeText, Empty, Failed, Loading } from '../parts/states.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { filterOf, type MessagesSearch } from './messages-search.js';

interface GroupRowsProps {
  readonly search: MessagesSearch & { readonly app: string; readonly key: string };
}

/** The messages of one group in one app, and what may be done to all of them. */
export function GroupRows({ search }: GroupRowsProps): ReactElement {
  const { t, f } = useWords();
  const { app, key, by = 'code' } = search;
  const { app: _app, key: _key, ...back } = search;
  const rows = useInfiniteQuery(parkedQuery(app, filterOf(search)));
  const messages = rows.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <>
      <p>
        <Link to="/messages" search={back} activeProps={{}}>
          ← {t.messages.back}
        </Link>
      </p>
      <section className="card">
        <div className="page-head">
          <h2>
            <code>{visible(key)}</code> <span className="soft">· {visible(app)}</span>
          </h2>
          <BulkButtons search={search} />
        </div>
        {by === 'code' && <CodeText code={key} />}
        {rows.isPending ? (
          <Loading rows={6} />
        ) : rows.data === undefined ? (
          <Failed error={rows.error} again={() => void rows.refetch()} />
        ) : messages.length === 0 ? (
          <Empty title={t.messages.none} more={t.messages.noneMore} />
        ) : (
          <ul className="plain parts">
            {messages.map((message) => (
              <MessageRow key={message._id} app={app} message={message} hasCode={by !== 'code'} />
            ))}
          </ul>
        )}
        {messages.length > 0 && (
          <div className="list-end">
            <span className="soft small">{t.words.count(messages.length, f.number(messages.length))}</span>
            {rows.hasNextPage && (
              <button
                type="button"
                className="button quiet"
                aria-disabled={rows.isFetchingNextPage}
                onClick={() => !rows.isFetchingNextPage && void rows.fetchNextPage()}
              >
                {rows.isFetchingNextPage ? t.states.loading : t.messages.older}
              </button>
            )}
          </div>
        )}
      </section>
    </>
  );
}

/** The count is asked for anew: who confirms knows how many there are now. */
function BulkButtons({ search }: GroupRowsProps): ReactElement | null {
  const { t, f } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const { app, key, by = 'code', state = 'parked', jobId } = search;
  const groups = useQuery(groupsQuery({ by, state, ...(jobId === undefined ? {} : { jobId }) }));
  const count = groupsOf(groups.data).find((group) => group.app === app && group.key === key)?.count;
  if (state !== 'parked' || count === undefined || count === 0) return null;
  const refused = refusal(session, 'bulk.start', t);
  const start = (action: 'replay' | 'discard') => (): void =>
    ask(bulkDeed(t, f, { app, action, filter: filterOf(search), count }));
  return (
    <div className="buttons">
      <ActButton text={t.messages.replayAll} refusal={refused} onAct={start('replay')} />
      <ActButton text={t.messages.discardAll} refusal={refused} onAct={start('discard')} isDanger />
    </div>
  );
}

interface MessageRowProps {
  readonly app: string;
  readonly message: ParkedRow;
  /** Where the group does not say it. */
  readonly hasCode: boolean;
}

function MessageRow({ app, message, hasCode }: MessageRowProps): ReactElement {
  const { t, f } = useWords();
  const { _id: id, type, code, reason, jobId, parkedAt, attempts, notes = [] } = message;
  return (
    <li className="part" data-row>
      <span className="part-name">
        <Link to="/messages/$app/$id" params={{ app, id }} data-main>
          <bdi>{visible(type)}</bdi>
        </Link>
        <span className="sub">
          {hasCode && <code>{visible(code)} </code>}
          <Said text={reason} most={160} />
        </span>
        {notes.at(-1) !== undefined && (
          <span className="sub reason">
            <q>
              <Said text={notes.at(-1)?.text} most={120} />
            </q>{' '}
            <bdi>{visible(notes.at(-1)?.by ?? '')}</bdi>
          </span>
        )}
      </span>
      <span className="part-state">
        <span>
          <When at={parkedAt} />
        </span>
        <span className="sub">
          {attempts > 1 && `${t.job.attempt(f.number(attempts))} · `}
          {jobId !== undefined && (
            <Link to="/jobs/$id" params={{ id: jobId }}>
              {t.messages.job} {visible(jobId.slice(0, 8))}
            </Link>
          )}
        </span>
      </span>
    </li>
  );
}
