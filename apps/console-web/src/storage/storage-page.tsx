import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { scrubbingQuery, sharesQuery } from '../calls/archive-queries.js';
import { archiversIn, scrubsIn, sharesIn } from '../calls/archive-rows.js';
import { Asked } from '../lists/asked.js';
import { isOperator } from '../parts/rights.js';
import { useHere } from '../parts/session.js';
import { Empty, Failed, Partial } from '../parts/states.js';
import { useWords } from '../parts/words.js';
import { Page } from '../shell/page.js';
import { AreaPanel } from './area-panel.js';
import { AsidePanel } from './aside-panel.js';
import { CopiesPanel } from './copies-panel.js';
import { ShareCard } from './share-card.js';

const route = getRouteApi('/storage');

/** Where copies lie, whether they are good, who may write there, and what waits for room: of all archivers. */
export function StoragePage(): ReactElement {
  const { t } = useWords();
  const { session } = useHere();
  const search = route.useSearch();
  const { data } = useQuery({ ...sharesQuery, enabled: isOperator(session) });
  if (!isOperator(session))
    return (
      <Page title={t.storage.title}>
        <Empty title={t.states.noRight} more={t.states.noRightMore} />
      </Page>
    );
  const told = archiversIn(data === undefined ? [] : [data]);
  const names = [...new Set(sharesIn(data).map(({ name }) => name))];
  return (
    <Page title={t.storage.title} lead={t.storage.lead}>
      <Shares />
      <CopiesPanel search={search} shares={names} told={told} />
      <AreaPanel told={told} />
      <AsidePanel told={told} />
      <p>
        <Link to="/work" activeProps={{}}>
          {t.storage.workers}
        </Link>
      </p>
    </Page>
  );
}

function Shares(): ReactElement {
  const { t } = useWords();
  const question = useQuery(sharesQuery);
  const scrubbing = useQuery(scrubbingQuery);
  const scrubs = scrubsIn(scrubbing.data);
  return (
    <section aria-labelledby="shares">
      <h2 id="shares">{t.storage.shares}</h2>
      <Asked question={question} rows={6}>
        {(from) => {
          const shares = sharesIn(from);
          const apps = new Set(shares.map(({ app }) => app));
          return (
            <>
              <Partial missing={archiversIn([from])} />
              {scrubbing.data === undefined && scrubbing.error !== null && (
                <Failed error={scrubbing.error} again={() => void scrubbing.refetch()} />
              )}
              {shares.length === 0 ? (
                <Empty title={t.storage.noShares} more={t.storage.noSharesMore} />
              ) : (
                <ul className="plain shares">
                  {shares.map((share) => (
                    <ShareCard
                      key={`${share.app}/${share.name}`}
                      share={share}
                      scrub={scrubs.find(({ app, target }) => app === share.app && target === share.name)}
                      namesApp={apps.size > 1}
                    />
                  ))}
                </ul>
              )}
            </>
          );
        }}
      </Asked>
    </section>
  );
}
