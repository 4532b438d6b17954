import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { copiesOfQuery, datasetQuery } from '../calls/archive-queries.js';
import { archiversIn, copiesIn, isAllOf } from '../calls/archive-rows.js';
import type { DatasetRecord } from '../calls/archive-shapes.js';
import { CallFault } from '../calls/call.js';
import { Asked } from '../lists/asked.js';
import { CopyButton } from '../parts/copy-button.js';
import { Panel } from '../lists/panel.js';
import { isOperator } from '../parts/rights.js';
import { useHere } from '../parts/session.js';
import { Empty, Partial } from '../parts/states.js';
import { beginning, visible } from '../parts/visible.js';
import { useWords } from '../parts/words.js';
import { Page } from '../shell/page.js';
import { CopiesGrid } from './copies-grid.js';
import { DatasetFacts } from './dataset-facts.js';
import { DatasetJobs } from './dataset-jobs.js';
import { RetrievedPanel } from './retrieved-panel.js';
import { safetyOf } from './safety.js';
import { SafetyPanel } from './safety-panel.js';

const route = getRouteApi('/datasets/$pid');

/** Whether a dataset is safe, where its copies are, and who holds it. Who is no operator sees what the catalogue says of it. */
export function DatasetPage(): ReactElement {
  const { t } = useWords();
  const { pid } = route.useParams();
  const { session } = useHere();
  const record = useQuery(datasetQuery(pid));
  const { data, error } = record;
  const isNone = error instanceof CallFault && error.status === 404;
  const sees = isOperator(session);
  const name = visible(beginning(data?.datasetName ?? pid, 200).text);
  return (
    <Page
      title={t.dataset.titleOf(name)}
      heading={
        <>
          {t.dataset.title} <bdi>{name}</bdi>
        </>
      }
      actions={<CopyButton label={t.copy.address} text={() => window.location.href} />}
    >
      <div className="columns">
        <div>
          {sees && <Copies key={pid} pid={pid} record={data} />}
          <DatasetJobs pid={pid} />
          {sees && <RetrievedPanel pid={pid} />}
        </div>
        <aside>
          <Panel title={t.dataset.record}>
            <Asked question={record} {...(isNone ? { title: t.dataset.notFound } : {})}>
              {(found) => <DatasetFacts record={found} />}
            </Asked>
            {!sees && <p className="soft small">{t.dataset.noSafety}</p>}
          </Panel>
        </aside>
      </div>
    </Page>
  );
}

interface CopiesProps {
  readonly pid: string;
  /** What the catalogue says of it, once it has answered. */
  readonly record: DatasetRecord | undefined;
}

function Copies({ pid, record }: CopiesProps): ReactElement {
  const { t } = useWords();
  const list = useInfiniteQuery(copiesOfQuery(pid));
  return (
    <Asked question={list} rows={5}>
      {({ pages }) => {
        const copies = copiesIn(pages);
        const isAll = isAllOf(pages);
        const hasMore = list.hasNextPage;
        return (
          <>
            <SafetyPanel
              safety={safetyOf(copies, { hasMore, isAll, record })}
              isListed={record?.datasetlifecycle?.retrievable === true}
            />
            <Partial missing={archiversIn(pages)} />
            <Panel title={t.dataset.copies}>
              {copies.length === 0 ? (
                <Empty
                  title={isAll ? t.storage.noCopies : t.storage.notAll}
                  more={isAll ? t.storage.noCopiesMore : t.storage.notAllMore}
                />
              ) : (
                <CopiesGrid copies={copies} list={list} isAll={isAll} />
              )}
            </Panel>
          </>
        );
      }}
    </Asked>
  );
}
