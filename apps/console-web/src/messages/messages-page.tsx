import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { groupsOf, type GroupOfApp } from '../calls/from-apps.js';
import { groupsQuery } from '../calls/queries.js';
import { Empty, Failed, Loading, Partial } from '../parts/states.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { Page } from '../shell/page.js';
import { BulkRuns } from './bulk-runs.js';
import { GroupRows } from './group-rows.js';
import { groupings, parkedStates, type MessagesSearch } from './messages-search.js';

const route = getRouteApi('/messages');

/** Messages that could not be handled: groups of all apps, and the rows of one group. */
export function MessagesPage(): ReactElement {
  const { t } = useWords();
  const search = route.useSearch();
  const { app, key } = search;
  const isGroup = app !== undefined && key !== undefined;
  return (
    <Page title={t.messages.title} lead={t.messages.lead}>
      <Choices search={search} />
      {isGroup ? <GroupRows search={{ ...search, app, key }} /> : <Groups search={search} />}
      <BulkRuns />
    </Page>
  );
}

function Choices({ search }: { readonly search: MessagesSearch }): ReactElement {
  const { t } = useWords();
  const { by = 'code', state = 'parked' } = search;
  const { app: _app, key: _key, ...rest } = search;
  return (
    <div className="filters">
      <nav className="views" aria-label={t.messages.state}>
        {parkedStates.map((one) => (
          <Link
            key={one}
            to="/messages"
            search={{ ...rest, state: one }}
            className={one === state ? 'view on' : 'view'}
            activeProps={{}}
            aria-current={one === state ? 'true' : undefined}
          >
            {t.partStates[one]}
          </Link>
        ))}
      </nav>
      <nav className="views" aria-label={t.messages.by}>
        <span className="soft small">{t.messages.by}</span>
        {groupings.map((one) => (
          <Link
            key={one}
            to="/messages"
            search={{ ...rest, by: one }}
            className={one === by ? 'view on' : 'view'}
            activeProps={{}}
            aria-current={one === by ? 'true' : undefined}
          >
            {t.messages.groupings[one]}
          </Link>
        ))}
      </nav>
    </div>
  );
}

function Groups({ search }: { readonly search: MessagesSearch }): ReactElement {
  const { t } = useWords();
  const { by = 'code', state = 'parked', jobId } = search;
  const { data, error, isPending, refetch } = useQuery(
    groupsQuery({ by, state, ...(jobId === undefined ? {} : { jobId }) }),
  );
  const groups = groupsOf(data);
  if (isPending) return <Loading rows={6} />;
  if (data === undefined) return <Failed error={error} again={() => void refetch()} />;
  return (
    <>
      <Partial missing={data.missing} />
      {groups.length === 0 ? (
        <Empty
          title={t.messages.none}
          more={t.messages.noneMore}
          clear={
            jobId === undefined ? undefined : (
              <Link to="/messages" search={{}} activeProps={{}}>
                {t.states.clear}
              </Link>
            )
          }
        />
      ) : (
        <GroupTable groups={groups} search={search} />
      )}
    </>
  );
}

interface GroupTableProps {
  readonly groups: readonly GroupOfApp[];
  readonly search: MessagesSearch;
}

function GroupTable({ groups, search }: GroupTableProps): ReactElement {
  const { t, f } = useWords();
  return (
    <table className="rows groups" aria-rowcount={groups.length + 1}>
      <caption className="hidden">{t.messages.groups}</caption>
      <thead>
        <tr aria-rowindex={1}>
          <th scope="col" className="num">
            {t.messages.count}
          </th>
          <th scope="col">{t.messages.groupings[search.by ?? 'code']}</th>
          <th scope="col">{t.messages.app}</th>
          <th scope="col">{t.messages.first}</th>
          <th scope="col">{t.messages.last}</th>
        </tr>
      </thead>
      <tbody>
        {groups.map(({ app, key, count, first, last }, index) => (
          <tr key={`${app}/${key}`} data-row aria-rowindex={index + 2}>
            <td className="num big">{f.number(count)}</td>
            <td>
              <Link to="/messages" search={{ ...search, app, key }} data-main activeProps={{}}>
                <code>{visible(key)}</code>
              </Link>
            </td>
            <td>
              <bdi>{visible(app)}</bdi>
            </td>
            <td>
              <When at={first} />
            </td>
            <td>
              <When at={last} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
