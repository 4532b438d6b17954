import { Link } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactElement } from 'react';
import { useWords } from '../parts/words.js';
import { failedStatuses, hasFilter, searchFrom, type JobSearch } from './filters.js';

interface FilterBarProps {
  readonly search: JobSearch;
  readonly onChange: (search: JobSearch) => void;
}

const statuses = [
  ...(['jobSubmitted', 'inProgress', 'finishedSuccessful'] as const),
  ...(['finishedWithDatasetErrors', 'finishedUnsuccessful', 'jobCancelled'] as const),
] as const;
const kinds = ['archive', 'retrieve', 'verify', 'reset', 'repair', 'migrate', 'public'] as const;

/** Three views that most ask for, and everything else behind one button. */
export function FilterBar({ search, onChange }: FilterBarProps): ReactElement {
  const { t } = useWords();
  const { quick } = t.jobs;
  const failed = failedStatuses.join(',');
  const others = Object.keys(search).filter((name) => name !== 'unfinished' && name !== 'status').length;
  const views = [
    { text: quick.all, isOn: !hasFilter(search), search: {} },
    {
      text: quick.unfinished,
      isOn: search.unfinished === 'true',
      search: withView(search, { unfinished: 'true' }),
    },
    { text: quick.failed, isOn: search.status === failed, search: withView(search, { status: failed }) },
  ];
  return (
    <div className="filters">
      <nav className="views" aria-label={t.jobs.filters}>
        {views.map((view) => (
          <Link
            key={view.text}
            to="/jobs"
            search={view.search}
            className={view.isOn ? 'view on' : 'view'}
            activeProps={{}}
            aria-current={view.isOn ? 'true' : undefined}
          >
            {view.text}
          </Link>
        ))}
      </nav>
      <details className="more-filters" open={others > 0 || undefined}>
        <summary>
          {t.jobs.filters}
          {others > 0 && <span className="count">{others}</span>}
        </summary>
        <FilterForm key={JSON.stringify(search)} search={search} onChange={onChange} />
      </details>
    </div>
  );
}

/** Another view of the same owner, type and time. */
function withView(
  { status: _status, unfinished: _unfinished, ...rest }: JobSearch,
  view: JobSearch,
): JobSearch {
  return { ...rest, ...view };
}

function FilterForm({ search, onChange }: FilterBarProps): ReactElement {
  const { t } = useWords();
  const [values, setValues] = useState<Readonly<Record<string, string>>>({ ...search });
  const set = (name: string) => (value: string) => setValues({ ...values, [name]: value });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onChange(searchFrom(values));
  };
  const texts = [
    ['text', t.jobs.text],
    ['user', t.jobs.user],
    ['group', t.jobs.group],
    ['pid', t.jobs.pid],
  ] as const;
  return (
    <form className="filter-form" onSubmit={submit}>
      {texts.map(([name, label]) => (
        <div className="field" key={name}>
          <label htmlFor={`filter-${name}`}>{label}</label>
          <input
            id={`filter-${name}`}
            value={values[name] ?? ''}
            spellCheck={false}
            maxLength={1000}
            title={name === 'text' ? t.jobs.textHint : undefined}
            onChange={({ target }) => set(name)(target.value)}
          />
        </div>
      ))}
      <Choice
        name="status"
        label={t.jobs.status}
        options={statuses}
        words={t.status}
        values={values}
        set={set}
      />
      <Choice name="type" label={t.jobs.type} options={kinds} words={t.kinds} values={values} set={set} />
      {(['from', 'to'] as const).map((name) => (
        <div className="field" key={name}>
          <label htmlFor={`filter-${name}`}>{t.jobs[name]}</label>
          <input
            id={`filter-${name}`}
            type="date"
            value={values[name] ?? ''}
            onChange={({ target }) => set(name)(target.value)}
          />
        </div>
      ))}
      <div className="buttons">
        <button type="submit" className="button">
          {t.jobs.apply}
        </button>
        <Link to="/jobs" search={{}} className="button quiet" activeProps={{}}>
          {t.jobs.clear}
        </Link>
      </div>
    </form>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly options: readonly string[];
  readonly words: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, string>>;
  readonly set: (name: string) => (value: string) => void;
}

function Choice({ name, label, options, words, values, set }: ChoiceProps): ReactElement {
  const { t } = useWords();
  const value = values[name] ?? '';
  return (
    <div className="field">
      <label htmlFor={`filter-${name}`}>{label}</label>
      <select id={`filter-${name}`} value={value} onChange={({ target }) => set(name)(target.value)}>
        <option value="">{t.words.all}</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {words[option] ?? option}
          </option>
        ))}
        {value !== '' && !options.includes(value) && (
          <option value={value}>{statusesText(value, words)}</option>
        )}
      </select>
    </div>
  );
}

function statusesText(value: string, words: Readonly<Record<string, string>>): string {
  return value
    .split(',')
    .map((one) => words[one] ?? one)
    .join(', ');
}
