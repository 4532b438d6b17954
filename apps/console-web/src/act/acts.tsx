import { useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  Suspense,
  useCallback,
  useContext,
  useState,
  type ReactElement,
  type ReactNode,
} from 'react';
import { Icon } from '../parts/icons.js';
import { Said } from '../parts/said.js';
import { useWords } from '../parts/words.js';
import { later } from '../parts/later.js';
import type { ActDialogProps } from './act-dialog.js';
import type { Deed } from './deed.js';

const ActDialog = later(async () => (await import('./act-dialog.js')).ActDialog, NoDialog);

type Ask = (deed: Deed) => void;

interface Result {
  readonly number: number;
  readonly text: string;
  readonly more?: string;
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
  const [deed, setDeed] = useState<Deed>();
  const [results, setResults] = useState<readonly Result[]>([]);
  const ask = useCallback<Ask>((wanted) => setDeed(wanted), []);

  const done = (answer: string | undefined): void => {
    if (deed === undefined) return;
    const [subject, ...others] = deed.subjects;
    const whom =
      subject === undefined ? '' : ` · ${subject}${others.length === 0 ? '' : ` +${others.length}`}`;
    const text = `${deed.confirm}${whom}. ${t.act.done(f.moment(now()))}`;
    setResults((before) =>
      [
        { number: (before[0]?.number ?? 0) + 1, text, ...(answer === undefined ? {} : { more: answer }) },
        ...before,
      ].slice(0, maxResults),
    );
    setDeed(undefined);
    void client.invalidateQueries();
  };

  return (
    <ActsContext.Provider value={ask}>
      <div className="results" role="status" aria-label={t.act.results}>
        {results.map(({ number, text, more }) => (
          <p key={number} className="result">
            <Icon shape="tick" />
            <span>
              <Said text={text} /> <Said text={more} />
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
      {deed !== undefined && (
        <Suspense>
          <ActDialog deed={deed} onDone={done} onClose={() => setDeed(undefined)} />
        </Suspense>
      )}
    </ActsContext.Provider>
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
