import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { retrievalsQuery } from '../calls/archive-queries.js';
import { archiversIn, areasIn } from '../calls/archive-rows.js';
import type { RetrievalsRow } from '../calls/archive-shapes.js';
import { Asked } from '../lists/asked.js';
import { Panel } from '../lists/panel.js';
import { Sheet } from '../lists/sheet.js';
import { Empty, Partial } from '../parts/states.js';
import type { ToldProps } from './told.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';

/** Groups, and those who wait, in one answer of an archiver. */
const most = 200;

/** Room for retrieved copies, of each archiver: what takes it, for whom, and who waits for it. */
export function AreaPanel({ told }: ToldProps): ReactElement {
  const { t } = useWords();
  const question = useQuery(retrievalsQuery);
  return (
    <Panel title={t.storage.area} lead={t.storage.areaMore}>
      <Asked question={question}>
        {({ answers, missing, without }) => (
          <>
            <Partial missing={archiversIn([{ missing, without }], told)} />
            {answers.length === 0 && archiversIn([{ missing, without }]).length === 0 && (
              <Empty title={t.storage.noArea} />
            )}
            {areasIn(answers).map(({ app, apps, area }, _index, areas) => (
              <div key={app} className="area">
                {areas.length > 1 && (
                  <h3>
                    <bdi>{visible(apps.join(', '))}</bdi>
                  </h3>
                )}
                <Totals area={area} />
                <Groups area={area} />
                <Waiting area={area} />
              </div>
            ))}
          </>
        )}
      </Asked>
    </Panel>
  );
}

function Totals({ area }: { readonly area: RetrievalsRow }): ReactElement {
  const { t, f } = useWords();
  const { copies = 0, used = 0, reserved = 0, space, quota, nextEnd, waiting = 0 } = area;
  const limit = (bytes: number | undefined): string =>
    bytes === undefined ? t.storage.noLimit : f.bytes(bytes);
  return (
    <>
      {space !== undefined && space > 0 && (
        <span className="progress">
          <progress value={Math.min(1, (used + reserved) / space)} max={1} aria-label={t.storage.used} />
          <span className="num">{f.percent((used + reserved) / space)}</span>
        </span>
      )}
      <dl className="tiles">
        {[
          [t.storage.used, `${f.bytes(used)} · ${t.storage.areaCopies(copies, f.number(copies))}`],
          [t.storage.onTheWay, f.bytes(reserved)],
          [t.storage.space, limit(space)],
          [t.storage.quota, limit(quota)],
          [t.storage.waiting, f.number(waiting)],
        ].map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {nextEnd !== undefined && (
          <div>
            <dt>{t.storage.nextEnd}</dt>
            <dd>
              <When at={nextEnd} />
            </dd>
          </div>
        )}
      </dl>
    </>
  );
}

function Groups({ area: { groups = [] } }: { readonly area: RetrievalsRow }): ReactElement {
  const { t, f } = useWords();
  if (groups.length === 0) return <p className="soft">{t.storage.noGroups}</p>;
  return (
    <>
      <Sheet
        caption={t.storage.groups}
        rows={groups}
        keyOf={({ group }) => group}
        columns={[
          {
            label: t.storage.group,
            cell: ({ group }) => <bdi>{visible(String(group)) || t.limits.noGroup}</bdi>,
          },
          { label: t.storage.copiesTitle, cell: ({ copies }) => f.number(copies), isNumber: true },
          { label: t.storage.columns.size, cell: ({ bytes }) => f.bytes(bytes), isNumber: true },
        ]}
      />
      <p className="soft small">
        {groups.length >= most ? t.storage.largestGroups(f.number(most)) : t.storage.allGroups}
      </p>
    </>
  );
}

/** Retrievals that wait for room, in the order in which they get it. */
function Waiting({ area: { queue = [], waiting = 0 } }: { readonly area: RetrievalsRow }): ReactElement {
  const { t, f } = useWords();
  if (queue.length === 0) return <p className="soft">{t.storage.nobodyWaits}</p>;
  return (
    <>
      <Sheet
        caption={t.storage.waiting}
        rows={queue}
        keyOf={({ workOrderId }) => workOrderId}
        hasMore={waiting > queue.length}
        columns={[
          {
            label: t.storage.waiting,
            cell: ({ jobId, lacks }) => (
              <>
                <Link to="/jobs/$id" params={{ id: String(jobId) }} data-main>
                  <span className="id">{visible(String(jobId).slice(0, 8))}</span>
                </Link>
                <span className="sub">{wordOf(t.storage.lacks, visible(String(lacks)))}</span>
              </>
            ),
          },
          { label: t.storage.group, cell: ({ group }) => <bdi>{visible(String(group))}</bdi> },
          { label: t.words.since, cell: ({ since }) => <When at={since} /> },
          { label: t.storage.columns.size, cell: ({ bytes }) => f.bytes(bytes), isNumber: true },
        ]}
      />
      <p className="soft small">{t.storage.firstOf(f.number(queue.length), f.number(waiting))}</p>
    </>
  );
}
