import { useQueryClient } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useState, type ReactElement, type ReactNode } from 'react';
import { CallFault } from '../calls/call.js';
import { sessionQuery } from '../calls/queries.js';
import { signOut } from '../calls/sign-out.js';
import { Said } from '../parts/said.js';
import { FaultFacts } from '../parts/states.js';
import { useWords } from '../parts/words.js';

const SignOutContext = createContext<(() => void) | undefined>(undefined);

/** Ends the session, and leaves the page when it is over. */
export function useSignOut(): () => void {
  const leave = useContext(SignOutContext);
  if (leave === undefined) throw new Error('Expected a SignOut part above this one, found none.');
  return leave;
}

/** The way out for everything below; where it fails the page stays and says so. */
export function SignOut({ children }: { readonly children: ReactNode }): ReactElement {
  const client = useQueryClient();
  const [fault, setFault] = useState<unknown>();
  const leave = useCallback(() => {
    setFault(undefined);
    void signOut(client).then(
      (end) => {
        client.clear();
        window.location.assign(`/console/sign-in${end === 'untold' ? '?untold=1' : ''}`);
      },
      (error: unknown) => {
        setFault(error);
        // Perhaps it is over here all the same: then the page says that.
        void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      },
    );
  }, [client]);
  return (
    <SignOutContext.Provider value={leave}>
      {fault !== undefined && <StillSignedIn fault={fault} again={leave} />}
      {children}
    </SignOutContext.Provider>
  );
}

interface StillSignedInProps {
  readonly fault: unknown;
  readonly again: () => void;
}

/** On a computer that others use, too, it matters that this was not done. */
export function StillSignedIn({ fault, again }: StillSignedInProps): ReactElement {
  const { t } = useWords();
  return (
    <div className="note stop" role="alert">
      <p className="strong">{t.shell.stillSignedIn}</p>
      <p>
        <Said text={fault instanceof Error ? fault.message : String(fault)} />
      </p>
      {fault instanceof CallFault && <FaultFacts fault={fault} />}
      <button type="button" className="button quiet" onClick={again}>
        {t.states.again}
      </button>
    </div>
  );
}
