import { useQuery } from '@tanstack/react-query';
import { Link, useRouterState } from '@tanstack/react-router';
import { Suspense, useCallback, useEffect, useRef, useState, type ReactElement, type ReactNode } from 'react';
import { Acts } from '../act/acts.js';
import { appsQuery } from '../calls/queries.js';
import { timeIn } from '../parts/formats.js';
import { Icon } from '../parts/icons.js';
import { later } from '../parts/later.js';
import { missingText } from '../parts/missing-text.js';
import { isOperator } from '../parts/rights.js';
import { useHere } from '../parts/session.js';
import { visible } from '../parts/visible.js';
import { useWords } from '../parts/words.js';
import type { AccountMenuProps } from './account-menu.js';
import { FindBox } from './find-box.js';
import { Live } from './live-context.js';
import { LiveMark } from './live-mark.js';
import { SignOut, useSignOut } from './sign-out.js';
import { useKeyboard } from './use-keyboard.js';

const AccountMenu = later(async () => (await import('./account-menu.js')).AccountMenu, PlainAccount);
const KeysHelp = later(async () => (await import('./keys-help.js')).KeysHelp, NoHelp);

/** What stands around each page for a person who is signed in. */
export function Shell({ children }: { readonly children: ReactNode }): ReactElement {
  const [hasHelp, setHelp] = useState(false);
  const openHelp = useCallback(() => setHelp(true), []);
  useKeyboard(openHelp);
  return (
    <Live>
      <SkipLink />
      <SignOut>
        <Head onKeys={openHelp} />
        <Banners />
        <Main>
          <Acts>{children}</Acts>
        </Main>
      </SignOut>
      {hasHelp && (
        <Suspense>
          <KeysHelp onClose={() => setHelp(false)} />
        </Suspense>
      )}
    </Live>
  );
}

function SkipLink(): ReactElement {
  const { t } = useWords();
  return (
    <a className="skip" href="#main">
      {t.skip}
    </a>
  );
}

function Head({ onKeys }: { readonly onKeys: () => void }): ReactElement {
  const { t } = useWords();
  const { session, settings } = useHere();
  const signOut = useSignOut();
  return (
    <header className={isOperator(session) ? 'top many' : 'top'}>
      <Link to="/" className="brand">
        <span className="brand-mark" aria-hidden="true" />
        <span>{settings.brand.name}</span>
      </Link>
      <nav aria-label={t.shell.navigation}>
        <Link to="/" activeOptions={{ exact: true }}>
          {t.shell.overview}
        </Link>
        <Link to="/jobs">{t.shell.jobs}</Link>
        {isOperator(session) && (
          <>
            <Link to="/work">{t.work.title}</Link>
            <Link to="/storage">{t.storage.title}</Link>
            <Link to="/limits">{t.limits.title}</Link>
            <Link to="/messages">{t.shell.messages}</Link>
            <Link to="/queues">{t.queues.title}</Link>
            <Link to="/publications">{t.publications.title}</Link>
            <Link to="/audit">{t.shell.audit}</Link>
          </>
        )}
      </nav>
      <FindBox />
      <LiveMark />
      <Suspense fallback={<PlainAccount onSignOut={signOut} onKeys={onKeys} />}>
        <AccountMenu onSignOut={signOut} onKeys={onKeys} />
      </Suspense>
    </header>
  );
}

/** Until the menu is there: the way to the page that has the same. */
function PlainAccount(_props: AccountMenuProps): ReactElement {
  const { session } = useHere();
  return (
    <Link to="/me" className="account">
      <bdi>{visible(session.username)}</bdi>
      <Icon shape="down" />
    </Link>
  );
}

function NoHelp(): null {
  return null;
}

function Banners(): ReactElement | null {
  const { t, f } = useWords();
  const { session } = useHere();
  const rightsAt = timeIn(session.rightsAt);
  const { data } = useQuery({ ...appsQuery, enabled: isOperator(session) });
  const missing = data?.missing ?? [];
  return (
    <>
      {session.emergency && (
        <p className="banner stop" role="status">
          {t.shell.emergency}
        </p>
      )}
      {missing.length > 0 && (
        <p className="banner" role="status">
          {missing.map((one) => (
            <span key={one.app}>{missingText(one, t, f)} </span>
          ))}
        </p>
      )}
      {session.stale && (
        <p className="banner" role="status">
          {t.shell.stale(rightsAt === undefined ? t.time.unknown : f.moment(rightsAt))}
        </p>
      )}
    </>
  );
}

/** After a page has changed its heading gets the focus, as after a load, so that readers hear where they are. */
function Main({ children }: { readonly children: ReactNode }): ReactElement {
  const path = useRouterState({
    select: ({ resolvedLocation, location }) => (resolvedLocation ?? location).pathname,
  });
  const main = useRef<HTMLElement>(null);
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <main id="main" tabIndex={-1} ref={main}>
      {children}
    </main>
  );
}
