import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent, type ReactElement } from 'react';
import type { ConsoleSession, ConsoleSettings } from '#console-api';
import { call, CallFault } from '../calls/call.js';
import { sessionQuery } from '../calls/queries.js';
import { withoutSessionQuestions } from '../calls/sign-out.js';
import { CodeText } from '../parts/states.js';
import { useWords } from '../parts/words.js';
import { safeReturn } from './safe-return.js';

interface SignInPageProps {
  readonly settings: ConsoleSettings;
  readonly returnTo: string | undefined;
  readonly wasSignedIn: boolean;
  /** Signed out here, but the catalogue could not be told. */
  readonly isUntold?: boolean;
  /** The code with which the provider's way back ended. */
  readonly fault?: string | undefined;
  readonly onSignedIn: (to: string) => void;
}

/** Who one is, in the ways that the installation offers. */
export function SignInPage({
  settings,
  returnTo,
  wasSignedIn,
  isUntold = false,
  fault,
  onSignedIn,
}: SignInPageProps): ReactElement {
  const { t } = useWords();
  const client = useQueryClient();
  const to = safeReturn(returnTo);
  const { strategies, brand, emergency } = settings;
  useEffect(() => {
    document.title = t.title(t.signIn.title, brand.name);
  }, [t, brand.name]);
  const done = (session: ConsoleSession): void => {
    client.setQueryData(sessionQuery.queryKey, session);
    onSignedIn(to);
  };
  const passwords = strategies.filter((one) => one !== 'oidc');
  const hasOidc = strategies.includes('oidc');
  return (
    <main className="sign-in" id="main" tabIndex={-1}>
      <div className="card">
        <p className="brand">
          <span className="brand-mark" aria-hidden="true" />
          <span>{brand.name}</span>
        </p>
        <h1>{t.signIn.title}</h1>
        <p className="soft">{wasSignedIn ? t.signIn.ended : t.signIn.lead}</p>
        {isUntold && (
          <p className="note" role="alert">
            {t.signIn.untold}
          </p>
        )}
        {fault !== undefined && (
          <div className="note stop" role="alert">
            <p className="strong">{t.signIn.failed}</p>
            <CodeText code={fault} />
            <p className="small soft">
              {t.states.code} <code>{fault}</code>
            </p>
          </div>
        )}
        {hasOidc && (
          <a
            className="button"
            href={`/console/sign-in/oidc?returnTo=${encodeURIComponent(`/console${to}`)}`}
          >
            {t.signIn.oidc}
          </a>
        )}
        {hasOidc && passwords.length > 0 && <p className="or">{t.signIn.or}</p>}
        {passwords.length > 0 && <PasswordForm strategies={passwords} isMain={!hasOidc} onDone={done} />}
        {emergency && <EmergencyForm onDone={done} />}
      </div>
      <p className="soft small">Catena {settings.version}</p>
    </main>
  );
}

interface PasswordFormProps {
  readonly strategies: readonly ('local' | 'ldap' | 'oidc')[];
  readonly isMain: boolean;
  readonly onDone: (session: ConsoleSession) => void;
}

function PasswordForm({ strategies, isMain, onDone }: PasswordFormProps): ReactElement {
  const { t } = useWords();
  const [strategy, setStrategy] = useState(strategies.includes('ldap') ? 'ldap' : (strategies[0] ?? 'local'));
  const { send, fault, isGoing } = useSignIn(onDone);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    void send('session', { strategy, username: given.get('username'), password: given.get('password') });
  };
  return (
    <form onSubmit={submit}>
      {strategies.length > 1 && (
        <fieldset className="choices">
          <legend>{t.signIn.strategy}</legend>
          {strategies.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="strategy"
                value={one}
                checked={one === strategy}
                onChange={() => setStrategy(one)}
              />{' '}
              {one === 'ldap' ? t.signIn.ldap : t.signIn.local}
            </label>
          ))}
        </fieldset>
      )}
      <div className="field">
        <label htmlFor="username">{t.signIn.username}</label>
        <input
          id="username"
          name="username"
          autoComplete="username"
          required
          maxLength={200}
          spellCheck={false}
        />
      </div>
      <div className="field">
        <label htmlFor="password">{t.signIn.password}</label>
        <input
          id="password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          maxLength={1000}
        />
      </div>
      {fault !== undefined && <SignInFault fault={fault} refused={t.signIn.refused} />}
      <button type="submit" className={isMain ? 'button' : 'button quiet'} aria-disabled={isGoing}>
        {isGoing ? t.signIn.going : t.signIn.go}
      </button>
    </form>
  );
}

function EmergencyForm({ onDone }: { readonly onDone: (session: ConsoleSession) => void }): ReactElement {
  const { t } = useWords();
  const { send, fault, isGoing } = useSignIn(onDone);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void send('session/emergency', { token: new FormData(event.currentTarget).get('token') });
  };
  return (
    <details className="emergency">
      <summary>{t.signIn.emergency}</summary>
      <p className="soft small">{t.signIn.emergencyLead}</p>
      <form onSubmit={submit}>
        <div className="field">
          <label htmlFor="token">{t.signIn.token}</label>
          <input id="token" name="token" type="password" autoComplete="off" required maxLength={1000} />
        </div>
        {fault !== undefined && <SignInFault fault={fault} refused={t.signIn.tokenRefused} />}
        <button type="submit" className="button quiet" aria-disabled={isGoing}>
          {isGoing ? t.signIn.going : t.signIn.emergency}
        </button>
      </form>
    </details>
  );
}

function SignInFault({
  fault,
  refused,
}: {
  readonly fault: unknown;
  readonly refused: string;
}): ReactElement {
  const { t, f } = useWords();
  const call = fault instanceof CallFault ? fault : undefined;
  const text =
    call?.status === 401
      ? refused
      : call?.status === 429
        ? t.signIn.wait(f.duration(call.retryAfter ?? 60))
        : call?.status === 503
          ? t.signIn.away
          : fault instanceof Error
            ? fault.message
            : String(fault);
  return (
    <p className="note stop" role="alert">
      {text}
    </p>
  );
}

interface SignIn {
  readonly send: (path: string, body: object) => Promise<void>;
  readonly fault: unknown;
  readonly isGoing: boolean;
}

function useSignIn(onDone: (session: ConsoleSession) => void): SignIn {
  const [fault, setFault] = useState<unknown>();
  const [isGoing, setGoing] = useState(false);
  const client = useQueryClient();
  const send = async (path: string, body: object): Promise<void> => {
    if (isGoing) return;
    setGoing(true);
    setFault(undefined);
    try {
      onDone(
        await withoutSessionQuestions(client, () => call<ConsoleSession>(path, { method: 'POST', body })),
      );
    } catch (error) {
      setFault(error);
      setGoing(false);
    }
  };
  return { send, fault, isGoing };
}
