import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import type { OfApp } from '../calls/app-pages.js';
import { asidesQuery, sharesQuery } from '../calls/archive-queries.js';
import { archiversIn, asidesIn, isAllOf, sharesIn } from '../calls/archive-rows.js';
import type { AsideRow } from '../calls/archive-shapes.js';
import { ActButton } from '../parts/act-button.js';
import { Asked } from '../lists/asked.js';
import { Panel } from '../lists/panel.js';
import { refusalForAll } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { Sheet } from '../lists/sheet.js';
import { Empty, Partial } from '../parts/states.js';
import type { ToldProps } from './told.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';
import { bringBackDeed, removeDeed } from './aside-deeds.js';

/** Files that one archiver tells of. */
const most = 1000;

/** What was taken out of the way, why, and when it goes. */
export function AsidePanel({ told }: ToldProps): ReactElement {
  const { t } = useWords();
  const question = useQuery(asidesQuery);
  const shares = sharesIn(useQuery(sharesQuery).data);
  return (
    <Panel title={t.storage.aside} lead={t.storage.asideLead}>
      <Asked question={question}>
        {(from) => {
          const asides = asidesIn(from, shares);
          const isAll = isAllOf([from]);
          const isCut = from.answers.some(({ body }) => body.items.length >= most);
          return (
            <>
              <Partial missing={archiversIn([from], told)} />
              {asides.length === 0 ? (
                <Empty
                  title={isAll ? t.storage.noAside : t.storage.notAll}
                  more={isAll ? t.storage.noAsideMore : t.storage.notAllMore}
                />
              ) : (
                <>
                  <Sheet
                    caption={t.storage.asideCaption}
                    rows={asides}
                    keyOf={({ app, _id }) => `${app}/${_id}`}
                    hasMore={isCut}
                    columns={[
                      { label: t.storage.columns.dataset, cell: (aside) => <WhatFile aside={aside} /> },
                      { label: t.storage.why, cell: (aside) => <WhyAside aside={aside} /> },
                      {
                        label: t.storage.state,
                        cell: ({ state }) => (
                          <Status code={state} word={wordOf(t.storage.asideStates, state)} />
                        ),
                      },
                      { label: t.storage.setAside, cell: ({ setAsideAt }) => <When at={setAsideAt} /> },
                      { label: t.storage.goes, cell: ({ dueAt }) => <When at={dueAt} /> },
                      { label: t.me.action, cell: (aside) => <AsideButtons aside={aside} /> },
                    ]}
                  />
                  <p className="soft small">
                    {isCut ? t.storage.oldestThousand : isAll && t.storage.asideWhole}
                  </p>
                </>
              )}
            </>
          );
        }}
      </Asked>
    </Panel>
  );
}

interface AsideProps {
  readonly aside: OfApp<AsideRow>;
}

function WhatFile({ aside: { pid, archiveId, share } }: AsideProps): ReactElement {
  return (
    <>
      <Link to="/datasets/$pid" params={{ pid }} data-main>
        <bdi>{visible(pid)}</bdi>
      </Link>
      <span className="sub">
        <bdi className="mono">{visible(archiveId)}</bdi> · <bdi>{visible(share)}</bdi>
      </span>
    </>
  );
}

/** Why it is here, and what has to be so before it goes. */
function WhyAside({ aside }: AsideProps): ReactElement {
  const { t, f } = useWords();
  const { reason, reset, unrecorded, replacedBy, withoutOriginals, looks = 0 } = aside;
  const { asideOf, meantToGo } = t.storage;
  const notes = [
    ...(reset === true ? [asideOf.reset] : []),
    ...(unrecorded === true ? [asideOf.unrecorded] : []),
    ...(replacedBy === undefined ? [] : [asideOf.replaced(visible(replacedBy))]),
    ...(withoutOriginals === true ? [meantToGo] : []),
    ...(looks > 0 ? [t.storage.looks(f.number(looks))] : []),
  ];
  return (
    <>
      <Said text={reason} most={200} />
      {notes.map((note) => (
        <span key={note} className="sub">
          {note}
        </span>
      ))}
    </>
  );
}

function AsideButtons({ aside }: AsideProps): ReactElement {
  const { t } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const refused = refusalForAll(session, 'operations.act', t);
  return (
    <div className="buttons small">
      <ActButton text={t.storage.bringBack} refusal={refused} onAct={() => ask(bringBackDeed(t, aside))} />
      <ActButton text={t.storage.remove} refusal={refused} isDanger onAct={() => ask(removeDeed(t, aside))} />
    </div>
  );
}
