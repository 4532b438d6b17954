import { createContext, useContext } from 'react';
import type { Language, Theme } from '../parts/settings.js';

/** What a person has chosen for this browser. */
export interface Preferences {
  readonly theme: Theme;
  readonly setTheme: (theme: Theme) => void;
  readonly language: Language;
  readonly setLanguage: (language: Language) => void;
}

const PreferencesContext = createContext<Preferences | undefined>(undefined);

export const PreferencesProvider = PreferencesContext.Provider;

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (preferences === undefined) throw new Error('Expected preferences above this part, found none.');
  return preferences;
}
