import { useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
  type ReactElement,
  type ReactNode,
} from 'react';
import { personOf } from '../calls/person.js';
import { liveInBrowser, LiveConnection } from '../live/live-connection.js';
import { notConnected, type LiveState } from '../live/live-state.js';
import { News } from '../live/news.js';
import { useHere } from '../parts/session.js';
import { nowMs } from '../parts/ticker.js';

const LiveContext = createContext<LiveState | undefined>(undefined);

export function useLive(): LiveState | undefined {
  return useContext(LiveContext);
}

/** Milliseconds: a tab that was hidden longer may have slept through news, and asks for all again. */
const sleep = 60_000;

/** Listens while a person is signed in, and has the cache follow. */
export function Live({ children }: { readonly children: ReactNode }): ReactElement {
  const client = useQueryClient();
  const person = personOf(useHere().session);
  const [connection, setConnection] = useState<LiveConnection>();
  useEffect(() => {
    const news = new News(client);
    const made = new LiveConnection(liveInBrowser(nowMs, person), (word) => news.take(word));
    made.start();
    setConnection(made);
    const leave = (): void => made.stop();
    window.addEventListener('pagehide', leave);
    return () => {
      window.removeEventListener('pagehide', leave);
      made.stop();
    };
  }, [client, person]);
  useEffect(() => {
    let hiddenAt: number | undefined;
    const look = (): void => {
      if (document.visibilityState === 'hidden') hiddenAt = nowMs();
      else if (hiddenAt !== undefined && nowMs() - hiddenAt > sleep) void client.invalidateQueries();
    };
    // A page that comes back from the browser's memory has no connections any more: it starts anew.
    const shown = (event: PageTransitionEvent): void => {
      if (event.persisted) window.location.reload();
    };
    document.addEventListener('visibilitychange', look);
    window.addEventListener('pageshow', shown);
    return () => {
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('pageshow', shown);
    };
  }, [client]);
  return <LiveStates connection={connection}>{children}</LiveStates>;
}

interface LiveStatesProps {
  readonly connection: LiveConnection | undefined;
  readonly children: ReactNode;
}

function LiveStates({ connection, children }: LiveStatesProps): ReactElement {
  const state = useSyncExternalStore(connection?.subscribe ?? never, connection?.snapshot ?? silent, silent);
  return <LiveContext.Provider value={state}>{children}</LiveContext.Provider>;
}

function never(): () => void {
  return () => undefined;
}

function silent(): LiveState {
  return notConnected;
}
