import { useQuery } from '@tanstack/react-query';
import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, type ReactElement } from 'react';
import { CallFault } from './calls/call.js';
import { personOf } from './calls/person.js';
import { sessionQuery, settingsQuery } from './calls/queries.js';
import { HereProvider } from './parts/session.js';
import { Failed, Loading } from './parts/states.js';
import { Shell } from './shell/shell.js';

/** What everything stands in: pages for who is signed in, and the way there for who is not. */
export function Gate(): ReactElement {
  const settings = useQuery(settingsQuery);
  const session = useQuery(sessionQuery);
  const navigate = useNavigate();
  const location = useRouterState({ select: (state) => state.location });
  // What is shown, which is behind the address while a page is on its way.
  const isSignIn = useRouterState({ select: ({ matches }) => matches.at(-1)?.routeId === '/sign-in' });
  const isSignedOut = session.error instanceof CallFault && session.error.status === 401;
  const was = useRef(false);
  if (session.data !== undefined && !isSignedOut) was.current = true;
  useEffect(() => {
    if (!isSignedOut || isSignIn || location.pathname === '/sign-in') return;
    const { pathname, searchStr, search } = location;
    const { fault } = search as { readonly fault?: string };
    void navigate({
      to: '/sign-in',
      search: {
        returnTo: fault === undefined ? `${pathname}${searchStr}` : pathname,
        ...(fault === undefined ? {} : { fault }),
        ...(was.current ? { ended: '1' } : {}),
      },
      replace: true,
    });
  }, [isSignedOut, isSignIn, location, navigate]);

  if (isSignIn && settings.data !== undefined) return <Outlet />;
  if (session.data !== undefined && settings.data !== undefined && !isSignedOut)
    return (
      <HereProvider value={{ session: session.data, settings: settings.data }}>
        {/* Nothing of one person's page goes on under the name of another: rows, dialogs, or the stream. */}
        <Shell key={personOf(session.data)}>
          <Outlet />
        </Shell>
      </HereProvider>
    );
  const error = settings.error ?? (isSignedOut ? null : session.error);
  return (
    <main className="alone" id="main">
      {error === null ? (
        <Loading rows={6} />
      ) : (
        <Failed
          error={error}
          again={() => {
            void settings.refetch();
            void session.refetch();
          }}
        />
      )}
    </main>
  );
}
