import type { ReactElement } from 'react';
import { isOperator } from '../parts/rights.js';
import { useHere } from '../parts/session.js';
import { useWords } from '../parts/words.js';
import { Page } from '../shell/page.js';
import { AppsPanel } from './apps-panel.js';
import { JobCountsPanel, MyJobs } from './job-panels.js';
import { LastDeeds } from './last-deeds.js';
import { ParkedPanel } from './parked-panel.js';
import { WaitsPanel } from './waits-panel.js';

/** For operators: is it well, what needs me? For others: my jobs. */
export function HomePage(): ReactElement {
  const { t } = useWords();
  const { session } = useHere();
  if (!isOperator(session))
    return (
      <Page title={t.home.mine}>
        <MyJobs />
      </Page>
    );
  return (
    <Page title={t.home.title}>
      <div className="columns">
        <div>
          <WaitsPanel />
          <ParkedPanel />
          <LastDeeds />
        </div>
        <aside>
          <AppsPanel />
          <JobCountsPanel />
        </aside>
      </div>
    </Page>
  );
}
