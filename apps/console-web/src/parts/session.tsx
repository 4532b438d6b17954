import { createContext, useContext } from 'react';
import type { ConsoleSession, ConsoleSettings } from '#console-api';

/** Who is signed in, and what the installation says of itself. */
export interface Here {
  readonly session: ConsoleSession;
  readonly settings: ConsoleSettings;
}

const HereContext = createContext<Here | undefined>(undefined);

export const HereProvider = HereContext.Provider;

export function useHere(): Here {
  const here = useContext(HereContext);
  if (here === undefined) throw new Error('Expected a signed-in person above this part, found none.');
  return here;
}
