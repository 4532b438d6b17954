import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactElement } from 'react';
import { Icon } from '../parts/icons.js';
import { useWords } from '../parts/words.js';

/** Finds a job, a dataset, a DOI or a message by its id. */
export function FindBox(): ReactElement {
  const { t } = useWords();
  const navigate = useNavigate();
  const [what, setWhat] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = what.trim();
    if (wanted === '') return;
    setWhat('');
    void navigate({ to: '/go/$what', params: { what: wanted } });
  };
  return (
    <form role="search" className="find" onSubmit={submit}>
      <label className="hidden" htmlFor="find">
        {t.shell.find}
      </label>
      <Icon shape="search" />
      <input
        id="find"
        type="search"
        autoComplete="off"
        spellCheck={false}
        placeholder={t.shell.findShort}
        value={what}
        maxLength={1000}
        onChange={({ target }) => setWhat(target.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
