import { createContext, useContext } from 'react';
import type { Texts } from '../texts/texts-en.js';
import type { Formats } from './formats.js';
import type { Now } from './now.js';

/** What every part needs to speak: texts and formats of one language, and a clock. */
export interface Words {
  readonly t: Texts;
  readonly f: Formats;
  readonly now: Now;
}

const WordsContext = createContext<Words | undefined>(undefined);

export const WordsProvider = WordsContext.Provider;

export function useWords(): Words {
  const words = useContext(WordsContext);
  if (words === undefined) throw new Error('Expected a WordsProvider above this part, found none.');
  return words;
}

/** A word of a closed list, or the text of others as it came. */
export function wordOf(list: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(list, key) ? (list[key] ?? key) : key;
}
