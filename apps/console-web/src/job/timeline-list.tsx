import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { historyQuery, trailQuery } from '../calls/queries.js';
import type { Trail } from '../calls/shapes.js';
import { Said } from '../parts/said.js';
import { Empty, Failed, Loading, Partial } from '../parts/states.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';
import { timelineOf, type Moment } from './timeline.js';

const few = 12;

/** What happened to the job, and who did what to it. */
export function TimelineList({ id }: { readonly id: string }): ReactElement {
  const { t } = useWords();
  const history = useQuery(historyQuery(id));
  const trail = useQuery(trailQuery(id));
  const [isWhole, setWhole] = useState(false);
  if (history.isPending && trail.isPending) return <Loading />;
  if (history.data === undefined && trail.data === undefined)
    return <Failed error={history.error ?? trail.error} again={() => void history.refetch()} />;
  const moments = timelineOf(history.data ?? [], trail.data?.items ?? []);
  const shown = isWhole ? moments : moments.slice(0, few);
  return (
    <>
      {trail.data !== undefined && <TrailEdges trail={trail.data} />}
      {trail.data === undefined && trail.error !== null && (
        <Failed error={trail.error} again={() => void trail.refetch()} />
      )}
      {history.data === undefined && history.error !== null && (
        <Failed error={history.error} again={() => void history.refetch()} />
      )}
      {moments.length === 0 ? (
        <Empty title={t.job.noTimeline} more={t.job.timelineMore} />
      ) : (
        <ol className="timeline">
          {shown.map((moment) => (
            <MomentItem key={moment.key} moment={moment} />
          ))}
        </ol>
      )}
      {shown.length < moments.length && (
        <button type="button" className="button quiet" onClick={() => setWhole(true)}>
          {t.job.earlier}
        </button>
      )}
    </>
  );
}

/** What the trail does not have: of silent apps, of those without one, and what is older. */
function TrailEdges({
  trail: { missing, without = [], more = false },
}: {
  readonly trail: Trail;
}): ReactElement {
  const { t } = useWords();
  return (
    <>
      <Partial missing={missing} />
      {without.length > 0 && <p className="soft small">{t.audit.without(without.map(visible).join(', '))}</p>}
      {more && <p className="soft small">{t.job.trailMore}</p>}
    </>
  );
}

function MomentItem({ moment }: { readonly moment: Moment }): ReactElement {
  const { t } = useWords();
  const { kind, what, by, at, message, reason, outcome } = moment;
  return (
    <li className={`of-${kind}`}>
      <div className="moment-head">
        {kind === 'status' && <Status code={what} />}
        {kind === 'event' && <span className="strong">{wordOf(t.job.events, what)}</span>}
        {kind === 'act' && <span className="strong">{wordOf(t.actions, what)}</span>}
        {outcome !== undefined && outcome !== 'done' && (
          <Status code={outcome} word={wordOf(t.audit.outcomes, outcome)} />
        )}
      </div>
      {message !== undefined && message !== '' && (
        <p>
          <Said text={message} most={240} />
        </p>
      )}
      {reason !== undefined && reason !== '' && (
        <p className="reason">
          <q>
            <Said text={reason} most={500} />
          </q>
        </p>
      )}
      <p className="soft small">
        <When at={at} /> {t.words.by} <bdi>{visible(by)}</bdi>
      </p>
    </li>
  );
}
