import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import {
  createContext,
  Suspense,
  useCallback,
  useContext,
  useState,
  type ReactElement,
  type ReactNode,
} from 'react';
import { CopyButton } from '../parts/copy-button.js';
import { Icon } from '../parts/icons.js';
import { safeLink } from '../parts/safe-link.js';
import { Said } from '../parts/said.js';
import { useWords } from '../parts/words.js';
import { later } from '../parts/later.js';
import type { ActDialogProps } from './act-dialog.js';
import { askedAfter, closedAfter, doneAfter, goingAfter, type Asked } from './asked.js';
import type { Answer, Deed } from './deed.js';
import { resultOf, type Result } from './result.js';

const ActDialog = later(async () => (await import('./act-dialog.js')).ActDialog, NoDialog);

type Ask = (deed: Deed) => void;

interface Numbered extends Result {
  readonly number: number;
}

const ActsContext = createContext<Ask | undefined>(undefined);

/** Opens the dialog of what a person wants to do. */
export function useAct(): Ask {
  const ask = useContext(ActsContext);
  if (ask === undefined) throw new Error('Expected an Acts part above this one, found none.');
  return ask;
}

/** Lines that are kept. */
const maxResults = 5;

/** The one dialog, and the lines that say what was done: they stay until a person hides them. */
export function Acts({ children }: { readonly children: ReactNode }): ReactElement {
  const { t, f, now } = useWords();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked>();
  const [results, setResults] = useState<readonly Numbered[]>([]);
  const ask = useCallback<Ask>((wanted) => setAsked((before) => askedAfter(before, wanted)), []);

  const done = (deed: Deed, answer: Answer): void => {
    const result = resultOf(t, f, deed, answer, now());
    setResults((before) =>
      [{ ...result, number: (before[0]?.number ?? 0) + 1 }, ...before].slice(0, maxResults),
    );
    setAsked((before) => doneAfter(before, deed));
    void client.invalidateQueries();
  };

  return (
    <ActsContext.Provider value={ask}>
      <div className="results" role="status" aria-label={t.act.results}>
        {results.map(({ number, text, more, link, begun }) => (
          <p key={number} className="result">
            <Icon shape={begun === undefined ? 'tick' : 'half'} />
            <span>
              <Said text={text} /> <Said text={more} />
              {link !== undefined && <LinkOnce link={link} />}
              {begun !== undefined && (
                <Link to="/work" search={begun} activeProps={{}}>
                  {t.act.toWork}
                </Link>
              )}
            </span>
            <button
              type="button"
              className="close"
              aria-label={t.act.dismiss}
              onClick={() => setResults((before) => before.filter((one) => one.number !== number))}
            >
              ×
            </button>
          </p>
        ))}
      </div>
      {children}
      {asked !== undefined && (
        <Suspense>
          <ActDialog
            key={asked.number}
            deed={asked.deed}
            isGoing={asked.isGoing}
            onGoing={(deed, isGoing) => setAsked((before) => goingAfter(before, deed, isGoing))}
            onDone={done}
            onPartly={() => void client.invalidateQueries()}
            onClose={() => setAsked(closedAfter)}
          />
        </Suspense>
      )}
    </ActsContext.Provider>
  );
}

/** A link as it was answered: whoever has it has what it leads to, so it goes with the line. */
function LinkOnce({ link }: { readonly link: string }): ReactElement {
  const { t } = useWords();
  const href = safeLink(link);
  return (
    <span className="link-once">
      <CopyButton label={t.act.copyLink} text={() => link} />{' '}
      {href !== undefined && (
        <a className="button quiet" href={href} rel="noreferrer noopener" download>
          {t.job.download}
        </a>
      )}
      <span className="sub">{t.act.linkOnce}</span>
    </span>
  );
}

/** Its code is gone, since the console was updated: nothing is done with a form that cannot be shown. */
function NoDialog({ onClose }: ActDialogProps): ReactElement {
  const { t } = useWords();
  return (
    <div className="note stop" role="alert">
      <p>{t.shell.updated}</p>
      <button type="button" className="button quiet" onClick={() => window.location.reload()}>
        {t.shell.reload}
      </button>{' '}
      <button type="button" className="button quiet" onClick={onClose}>
        {t.words.close}
      </button>
    </div>
  );
}
