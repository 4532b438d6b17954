import { QueryClientProvider, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState, type ReactElement } from 'react';
import { settingsQuery } from './calls/queries.js';
import { Formats } from './parts/formats.js';
import { browserNow, type Now } from './parts/now.js';
import { applyTheme, keep, keptTheme, type Language, type Theme } from './parts/settings.js';
import { useWords, WordsProvider, type Words } from './parts/words.js';
import type { AppRouter } from './routes.js';
import { PreferencesProvider } from './shell/preferences.js';
import { textsEn, type Texts } from './texts/texts-en.js';

interface AppProps {
  readonly client: QueryClient;
  readonly router: AppRouter;
  readonly language: Language;
  readonly texts: Texts;
  readonly now?: Now;
}

/** The other languages are loaded when a person wants them. */
export async function loadTexts(language: Language): Promise<Texts> {
  if (language === 'en') return textsEn;
  return (await import('./texts/texts-de.js')).textsDe;
}

/** The whole console: what every part needs, around the page that the address names. */
export function App({
  client,
  router,
  language: first,
  texts: firstTexts,
  now = browserNow,
}: AppProps): ReactElement {
  const [language, setLanguage] = useState(first);
  const [texts, setTexts] = useState(firstTexts);
  const [theme, setTheme] = useState<Theme>(keptTheme);
  const speak = useCallback((wanted: Language) => {
    keep('language', wanted);
    void loadTexts(wanted).then((loaded) => {
      setTexts(loaded);
      setLanguage(wanted);
    });
  }, []);
  const paint = useCallback((wanted: Theme) => {
    keep('theme', wanted);
    applyTheme(wanted);
    setTheme(wanted);
  }, []);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const words = useMemo<Words>(() => ({ t: texts, f: new Formats(language), now }), [texts, language, now]);
  const preferences = useMemo(
    () => ({ theme, setTheme: paint, language, setLanguage: speak }),
    [theme, paint, language, speak],
  );
  return (
    <QueryClientProvider client={client}>
      <WordsProvider value={words}>
        <PreferencesProvider value={preferences}>
          <RouterProvider router={router} />
          <VersionWatch />
        </PreferencesProvider>
      </WordsProvider>
    </QueryClientProvider>
  );
}

/** A page that was open while the console was updated says so: its parts that are loaded later may be gone. */
function VersionWatch(): ReactElement | null {
  const client = useQueryClient();
  const { data } = useQuery({ ...settingsQuery, refetchInterval: 600_000 }, client);
  const [first, setFirst] = useState<string>();
  useEffect(() => setFirst((before) => before ?? data?.version), [data]);
  return first !== undefined && data !== undefined && data.version !== first ? <Updated /> : null;
}

function Updated(): ReactElement {
  const { t } = useWords();
  return (
    <p className="banner updated" role="status">
      {t.shell.updated}{' '}
      <button type="button" className="button quiet" onClick={() => window.location.reload()}>
        {t.shell.reload}
      </button>
    </p>
  );
}
