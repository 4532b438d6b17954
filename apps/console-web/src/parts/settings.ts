export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

export const languageNames: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' };

const names = { theme: 'catena-console-theme', language: 'catena-console-language' } as const;

/** What is kept in this browser; nothing where it keeps nothing. */
function kept(name: keyof typeof names): string | undefined {
  try {
    return localStorage.getItem(names[name]) ?? undefined;
  } catch {
    return undefined;
  }
}

export function keep(name: keyof typeof names, value: string): void {
  try {
    localStorage.setItem(names[name], value);
  } catch {
    // A browser that keeps nothing has it until the page is closed.
  }
}

export function keptTheme(): Theme {
  return themes.find((one) => one === kept('theme')) ?? 'system';
}

/**
 * The language that was chosen; else the first that the browser asks for and the installation offers; else the installation's
 * first one.
 */
export function languageFor(
  chosen: string | undefined,
  asked: readonly string[],
  offered: readonly string[],
): Language {
  const known = languages.filter((one) => offered.length === 0 || offered.includes(one));
  const wanted = [chosen, ...asked].map((one) => one?.slice(0, 2).toLowerCase());
  const first = offered
    .map((one) => languages.find((known) => known === one))
    .find((one) => one !== undefined);
  return (
    wanted.map((want) => known.find((one) => one === want)).find((one) => one !== undefined) ??
    first ??
    languages[0]
  );
}

export function keptLanguage(): string | undefined {
  return kept('language');
}

/** The stylesheet reads it from the root element. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}
