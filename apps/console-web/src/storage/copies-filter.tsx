import { Link, useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactElement } from 'react';
import { useWords } from '../parts/words.js';
import { copyStates, storageSearchFrom, type StorageSearch } from './storage-search.js';

interface CopiesFilterProps {
  readonly search: StorageSearch;
  readonly shares: readonly string[];
}

/** The states as links, and a form for the rest: all of it stands in the address. */
export function CopiesFilter({ search, shares }: CopiesFilterProps): ReactElement {
  const { t } = useWords();
  const navigate = useNavigate();
  const [share, setShare] = useState(search.share ?? '');
  const [before, setBefore] = useState(search.before ?? '');
  const { state, ...rest } = search;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void navigate({
      to: '/storage',
      search: storageSearchFrom({ state, share, before }),
      resetScroll: false,
    });
  };
  return (
    <div className="filters">
      <nav className="views" aria-label={t.storage.state}>
        {([undefined, ...copyStates] as const).map((one) => (
          <Link
            key={one ?? ''}
            to="/storage"
            search={one === undefined ? rest : { ...rest, state: one }}
            className={one === state ? 'view on' : 'view'}
            activeProps={{}}
            resetScroll={false}
            aria-current={one === state ? 'true' : undefined}
          >
            {one === undefined ? t.words.all : t.copyStates[one]}
          </Link>
        ))}
      </nav>
      <form className="inline-form" onSubmit={submit}>
        <label>
          <span>{t.storage.share}</span>
          <select value={share} onChange={({ target }) => setShare(target.value)}>
            <option value="">{t.storage.anyShare}</option>
            {[...new Set([...shares, ...(share === '' ? [] : [share])])].map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>{t.storage.before}</span>
          <input type="date" value={before} onChange={({ target }) => setBefore(target.value)} />
        </label>
        <button type="submit" className="button quiet">
          {t.storage.apply}
        </button>
      </form>
    </div>
  );
}
