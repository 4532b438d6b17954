import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent as later,
  Link,
  useNavigate,
  type ErrorComponentProps,
  type RouterHistory,
} from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { settingsQuery } from './calls/queries.js';
import { Gate } from './gate.js';
import { HomePage } from './home/home-page.js';
import { JobPage } from './job/job-page.js';
import { searchFrom } from './jobs/filters.js';
import { JobsPage } from './jobs/jobs-page.js';
import { Said } from './parts/said.js';
import { useWords } from './parts/words.js';
import { parseSearch, stringifySearch } from './search.js';
import { SignInPage } from './shell/sign-in-page.js';
import { messagesSearchFrom } from './messages/messages-search.js';
import { auditSearchFrom } from './audit/audit-search.js';
import { storageSearchFrom } from './storage/storage-search.js';
import { publicationsSearchFrom } from './publications/publications-search.js';
import { workSearchFrom } from './work/work-search.js';

const rootRoute = createRootRoute({ component: Gate, notFoundComponent: NoPage });

const homeRoute = createRoute({ getParentRoute: () => rootRoute, path: '/', component: HomePage });

const jobsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs',
  validateSearch: searchFrom,
  component: JobsPage,
});

const jobRoute = createRoute({ getParentRoute: () => rootRoute, path: '/jobs/$id', component: JobPage });

const messagesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/messages',
  validateSearch: messagesSearchFrom,
  component: later(async () => ({ default: (await import('./messages/messages-page.js')).MessagesPage })),
});

const messageRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/messages/$app/$id',
  component: later(async () => ({ default: (await import('./message/message-page.js')).MessagePage })),
});

const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/audit',
  validateSearch: auditSearchFrom,
  component: later(async () => ({ default: (await import('./audit/audit-page.js')).AuditPage })),
});

const storageRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/storage',
  validateSearch: storageSearchFrom,
  component: later(async () => ({ default: (await import('./storage/storage-page.js')).StoragePage })),
});

const datasetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/datasets/$pid',
  component: later(async () => ({ default: (await import('./dataset/dataset-page.js')).DatasetPage })),
});

const limitsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/limits',
  component: later(async () => ({ default: (await import('./limits/limits-page.js')).LimitsPage })),
});

const workRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/work',
  validateSearch: workSearchFrom,
  component: later(async () => ({ default: (await import('./work/work-page.js')).WorkPage })),
});

const queuesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/queues',
  component: later(async () => ({ default: (await import('./queues/queues-page.js')).QueuesPage })),
});

const publicationsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/publications',
  validateSearch: publicationsSearchFrom,
  component: later(async () => ({
    default: (await import('./publications/publications-page.js')).PublicationsPage,
  })),
});

const publicationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/publications/$doi',
  component: later(async () => ({
    default: (await import('./publication/publication-page.js')).PublicationPage,
  })),
});

const meRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/me',
  component: later(async () => ({ default: (await import('./me/me-page.js')).MePage })),
});

const goRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/go/$what',
  component: later(async () => ({ default: (await import('./find/find-page.js')).FindPage })),
});

interface SignInSearch {
  readonly returnTo?: string;
  readonly ended?: string;
  /** Signed out, but the catalogue could not be told. */
  readonly untold?: string;
  /** A code: the provider's way back ended with it. */
  readonly fault?: string;
}

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: ({ returnTo, ended, untold, fault }: Record<string, unknown>): SignInSearch => ({
    ...(typeof returnTo === 'string' ? { returnTo } : {}),
    ...(ended === '1' ? { ended } : {}),
    ...(untold === '1' ? { untold } : {}),
    ...(typeof fault === 'string' && /^[a-z0-9.-]{1,100}$/.test(fault) ? { fault } : {}),
  }),
  component: SignIn,
});

function SignIn(): ReactElement | null {
  const { returnTo, ended, untold, fault } = signInRoute.useSearch();
  const { data: settings } = useQuery(settingsQuery);
  const navigate = useNavigate();
  if (settings === undefined) return null;
  return (
    <SignInPage
      settings={settings}
      returnTo={returnTo}
      wasSignedIn={ended === '1'}
      isUntold={untold === '1'}
      fault={fault}
      onSignedIn={(href) => void navigate({ href: `/console${href}`, replace: true })}
    />
  );
}

function NoPage(): ReactElement {
  const { t } = useWords();
  return (
    <div className="empty">
      <h1>{t.states.noPage}</h1>
      <p className="soft">{t.states.noPageMore}</p>
      <Link to="/">{t.states.home}</Link>
    </div>
  );
}

/** A defect of one page leaves the others usable. */
function Crashed({ error }: ErrorComponentProps): ReactElement {
  const { t } = useWords();
  return (
    <div className="note stop" role="alert">
      <p className="strong">{t.states.crashed}</p>
      <p>{t.states.crashedMore}</p>
      <p>
        <Said text={error instanceof Error ? error.message : String(error)} />
      </p>
      <button type="button" className="button quiet" onClick={() => window.location.reload()}>
        {t.shell.reload}
      </button>
    </div>
  );
}

const routeTree = rootRoute.addChildren([
  homeRoute,
  jobsRoute,
  jobRoute,
  messagesRoute,
  messageRoute,
  storageRoute,
  datasetRoute,
  limitsRoute,
  workRoute,
  queuesRoute,
  publicationsRoute,
  publicationRoute,
  auditRoute,
  meRoute,
  goRoute,
  signInRoute,
]);

export type AppRouter = ReturnType<typeof appRouter>;

/** @param history of the browser without; specs give one of their own */
export function appRouter(history?: RouterHistory) {
  return createRouter({
    routeTree,
    basepath: '/console',
    parseSearch,
    stringifySearch,
    defaultErrorComponent: Crashed,
    defaultPreload: 'intent',
    scrollRestoration: true,
    ...(history === undefined ? {} : { history }),
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter;
  }
}
