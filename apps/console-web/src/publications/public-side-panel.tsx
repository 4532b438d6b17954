import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { publicSideQuery } from '../calls/running-queries.js';
import type { PublicSide } from '../calls/running-shapes.js';
import { timeIn } from '../parts/formats.js';
import { Said } from '../parts/said.js';
import { Empty, Failed, Loading, Stale } from '../parts/states.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';

/** Milliseconds by which two clocks may differ, with the way of the answer. */
const tolerance = 5000;

/** How the publication server is, as the publisher hears it: no operator reaches it. */
export function PublicSidePanel(): ReactElement {
  const { t } = useWords();
  const { data, error, isPending, refetch, dataUpdatedAt } = useQuery(publicSideQuery);
  return (
    <section className="card" aria-labelledby="public-side">
      <h2 id="public-side">{t.publications.publicSide}</h2>
      <p className="soft small">{t.publications.publicSideLead}</p>
      {isPending ? (
        <Loading rows={2} />
      ) : data === undefined ? (
        <Failed error={error} again={() => void refetch()} />
      ) : (
        <>
          <Stale at={dataUpdatedAt} error={error} />
          {data.missing.map(({ app, message, since }) => (
            <div className="note stop" role="status" key={app}>
              <p className="strong">{t.publications.publicAway(visible(app))}</p>
              <p>
                <Said text={String(message)} most={300} />{' '}
                {timeIn(since) !== undefined && (
                  <span className="soft">
                    {t.words.since} <When at={since} />
                  </span>
                )}
              </p>
            </div>
          ))}
          {data.answers.map(({ app, body }) => (
            <Side key={app} side={body} at={dataUpdatedAt} app={data.answers.length > 1 ? app : undefined} />
          ))}
          {data.answers.length === 0 && data.missing.length === 0 && (
            <Empty title={t.publications.noPublic} more={t.publications.noPublicMore} />
          )}
        </>
      )}
    </section>
  );
}

interface SideProps {
  readonly side: PublicSide;
  /** When it was told, in milliseconds. */
  readonly at: number;
  /** Its publisher, where there are several. */
  readonly app: string | undefined;
}

function Side({ side, at, app }: SideProps): ReactElement {
  const { t, f } = useWords();
  const { database, downloads, recallsWaiting, started, version, now } = side;
  const clock = timeIn(now)?.getTime();
  const off = clock === undefined ? undefined : Math.abs(clock - at);
  return (
    <>
      {app !== undefined && (
        <h3>
          <bdi>{visible(app)}</bdi>
        </h3>
      )}
      <dl className="tiles">
        <div>
          <dt>{t.publications.database}</dt>
          <dd>
            <Status
              code={database === 'up' ? 'done' : 'failed'}
              word={
                database === 'up'
                  ? t.publications.up
                  : database === 'down'
                    ? t.publications.down
                    : t.time.unknown
              }
            />
          </dd>
        </div>
        <div>
          <dt>{t.publications.downloads}</dt>
          <dd>{downloads !== undefined ? f.number(downloads) : t.time.noTime}</dd>
        </div>
        <div>
          <dt>{t.publications.waiting}</dt>
          <dd>{recallsWaiting !== undefined ? f.number(recallsWaiting) : t.time.noTime}</dd>
        </div>
        <div>
          <dt>{t.publications.started}</dt>
          <dd>
            <When at={started} />
          </dd>
        </div>
        <div>
          <dt>{t.publications.version}</dt>
          <dd>
            <bdi>{visible(version ?? t.time.noTime)}</bdi>
          </dd>
        </div>
        <div>
          <dt>{t.publications.clock}</dt>
          <dd>
            {off === undefined
              ? t.time.noTime
              : off <= tolerance
                ? t.publications.clockRight
                : t.publications.clockOff(f.duration(off / 1000))}
          </dd>
        </div>
      </dl>
    </>
  );
}
