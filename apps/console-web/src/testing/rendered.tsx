import { mock } from 'node:test';
import { QueryClient, type Query } from '@tanstack/react-query';
import { createMemoryHistory } from '@tanstack/react-router';
import { renderToStaticMarkup } from 'react-dom/server';
import type { ConsoleSession, ConsoleSettings, MissingApp } from '#console-api';
import { App } from '../app.js';
import { sessionQuery, settingsQuery } from '../calls/queries.js';
import { appRouter } from '../routes.js';
import { textsDe } from '../texts/texts-de.js';
import { textsEn } from '../texts/texts-en.js';

const now = new Date('2026-11-29T12:00:00Z');
/** Ends scripts, begins elements, and turns letters around. */
export const evil = '</script><img src=x onerror="hurt()">\u202egpj.exe';
export const since = '2026-11-29T11:00:00Z';

const settings: ConsoleSettings = {
  ...{ strategies: ['oidc', 'local'], emergency: true, languages: ['en', 'de'], links: {}, version: '0.9.0' },
  ...{ brand: { name: 'Catena', colour: '#123' }, apps: ['catalog-api', 'job-assembler-psi', 'archiver'] },
};
const rights = [
  ...(['operations.read', 'operations.act', 'operations.audit', 'job.cancel', 'job.priority'] as const),
  ...(['parking-lot.replay', 'parking-lot.discard', 'bulk.start'] as const),
];
export const session: ConsoleSession = {
  ...{ username: 'olga', groups: ['operations'], until: '2026-11-29T20:00:00Z', rightsAt: since },
  ...{ stale: false, emergency: false },
  permissions: rights.map((action) => ({ action, rule: 'operator', reach: 'all' })),
};
export const missing: readonly MissingApp[] = [
  { app: 'archiver', code: 'app.silent', message: 'no answer', since },
];

/** Answers by the path below `/console/api/`, without its query. */
export type Answers = Readonly<Record<string, unknown>>;

/** Among the answers: what is asked for is not there. */
export const notThere = Symbol('not there');

/** As the console answers a call of all apps. */
export const fromApps = (body: unknown, silent: readonly MissingApp[] = []) => ({
  answers: [{ app: 'catalog-api', body }],
  missing: silent,
  without: [],
});

export interface Asked {
  readonly who?: ConsoleSession;
  readonly language?: 'en' | 'de';
  /** What the installation says of itself otherwise. */
  readonly here?: Partial<ConsoleSettings>;
  /** Whether its calls are answered at all. */
  readonly asks?: boolean;
  /** Names of apps that the installation has. */
  readonly apps?: readonly string[];
  /** Gets what was asked for, below `/console/api/`. */
  readonly asked?: string[];
  /** Whatever is not known is not there, instead of away. */
  readonly absent?: boolean;
}

/** Asks until nothing more is asked for, as a browser would. */
export async function rendered(
  address: string,
  known: Answers,
  { who = session, language = 'en', here = {}, asks = true, apps, asked = [], absent = false }: Asked = {},
): Promise<string> {
  const calls = mock.method(globalThis, 'fetch', (url: string) => {
    asked.push(url.replace('/console/api/', ''));
    return Promise.resolve(answerTo(url, known, absent));
  });
  try {
    const client = new QueryClient({
      defaultOptions: { queries: { retry: false, retryOnMount: false, staleTime: Infinity } },
    });
    const named = apps === undefined ? {} : { apps };
    client.setQueryData(settingsQuery.queryKey, { ...settings, ...here, ...named });
    client.setQueryData(sessionQuery.queryKey, who);
    const router = appRouter(createMemoryHistory({ initialEntries: [`/console${address}`] }));
    await router.load();
    const texts = language === 'de' ? textsDe : textsEn;
    const render = (): string =>
      renderToStaticMarkup(
        <App client={client} router={router} language={language} texts={texts} now={() => now} />,
      );
    let markup = render();
    for (let round = 0; asks && round < 6; round += 1) {
      const open = client
        .getQueryCache()
        .getAll()
        .filter((query) => query.state.status === 'pending' && isAsked(query));
      if (open.length === 0) break;
      await Promise.allSettled(open.map((query) => query.fetch()));
      markup = render();
    }
    client.clear();
    return markup;
  } finally {
    calls.mock.restore();
  }
}

/** Observers give it with their options, for which there is no type. */
function isAsked(query: Query): boolean {
  const { enabled } = query.options as { readonly enabled?: boolean | ((query: Query) => boolean) };
  return (typeof enabled === 'function' ? enabled(query) : enabled) !== false;
}

function answerTo(url: string, known: Answers, isAbsent: boolean): Response {
  const [path = ''] = url.replace('/console/api/', '').split('?');
  if (known[path] === notThere)
    return Response.json({ code: 'operations.not-there', message: 'It is not there.' }, { status: 404 });
  if (Object.hasOwn(known, path)) return Response.json(known[path], { headers: { ETag: '"3"' } });
  const fault = {
    code: 'operations.service-away',
    message: 'Expected an answer, found none.',
    app: 'catalog-api',
  };
  return Response.json({ ...fault, traceId: 'trace-77' }, { status: isAbsent ? 404 : 503 });
}
