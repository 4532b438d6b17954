import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { App, loadTexts } from './app.js';
import { CallFault } from './calls/call.js';
import { followPerson } from './calls/person.js';
import { sessionQuery, settingsQuery } from './calls/queries.js';
import { keptLanguage, languageFor } from './parts/settings.js';
import { appRouter } from './routes.js';

/** Signed out, here or elsewhere: the session is asked for again, and says so to the whole page. */
function noteSignOut(error: unknown): void {
  if (error instanceof CallFault && error.status === 401)
    void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
}

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, { queryKey }) => {
      if (queryKey[0] !== 'session') noteSignOut(error);
    },
  }),
  mutationCache: new MutationCache({ onError: noteSignOut }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: true,
      retry: (count, error) => count < 2 && (!(error instanceof CallFault) || error.isPassing),
      retryDelay: (attempt) => Math.min(1000 * 2 ** attempt, 8000),
    },
  },
});

/** Milliseconds that the first paint waits for the installation's languages, where a person has chosen none. */
const patience = 1500;

async function start(): Promise<void> {
  const place = document.querySelector('#console');
  if (place === null) throw new Error('Expected an element with the id "console" in index.html, found none.');
  followPerson(
    client,
    typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('catena-console-person'),
  );
  void client.prefetchQuery({ ...sessionQuery, retry: false });
  const chosen = keptLanguage();
  const settings = client.fetchQuery({ ...settingsQuery, retry: false }).catch(() => undefined);
  const offered =
    chosen === undefined
      ? await Promise.race([
          settings,
          new Promise<undefined>((done) => setTimeout(done, patience, undefined)),
        ])
      : undefined;
  const language = languageFor(chosen, navigator.languages, offered?.languages ?? []);
  const texts = await loadTexts(language);
  createRoot(place).render(<App client={client} router={appRouter()} language={language} texts={texts} />);
}

void start();
