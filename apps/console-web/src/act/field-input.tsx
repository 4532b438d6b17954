import { useId, type ReactElement } from 'react';
import { useWords } from '../parts/words.js';
import type { Field, Trouble, Values } from './deed.js';

interface FieldInputProps {
  readonly field: Field;
  readonly value: Values[string];
  /** Why it was not sent. */
  readonly trouble: Trouble | undefined;
  readonly onChange: (value: Values[string]) => void;
}

/** One field of the dialog. */
export function FieldInput({ field, value, trouble, onChange }: FieldInputProps): ReactElement {
  const id = useId();
  if (field.kind === 'switch')
    return (
      <label className="switch">
        <input type="checkbox" checked={value === true} onChange={({ target }) => onChange(target.checked)} />{' '}
        {field.label}
      </label>
    );
  if (field.kind === 'choice')
    return (
      <div className="field">
        <label htmlFor={id}>{field.label}</label>
        <select id={id} value={String(value)} onChange={({ target }) => onChange(Number(target.value))}>
          {field.options.map((option, index) => (
            <option key={option} value={index}>
              {option}
            </option>
          ))}
        </select>
      </div>
    );
  const given = { field, value, trouble, onChange };
  if (field.kind === 'number') return <NumberInput {...given} />;
  return field.kind === 'text' ? <TextInput {...given} /> : <TimeInput {...given} />;
}

/** What is wrong with it, or what else is to be said of it. */
function Hint({
  id,
  trouble,
  field,
  hint,
}: Pick<FieldInputProps, 'trouble' | 'field'> & HintText): ReactElement {
  const { t, f } = useWords();
  const isBad = trouble !== undefined;
  const text =
    trouble === 'half'
      ? t.act.half
      : trouble === 'range' && field.kind === 'number'
        ? t.act.between(f.number(field.least), f.number(field.most))
        : isBad
          ? t.act.missing
          : hint;
  return (
    <p id={id} className={isBad ? 'hint bad' : 'hint'} role={isBad ? 'alert' : undefined}>
      {text}
    </p>
  );
}

interface HintText {
  readonly id: string;
  readonly hint: string;
}

/** Emptied it is empty, and no number: what is not there is not sent as the least that may be. */
function NumberInput({ field, value, trouble, onChange }: FieldInputProps): ReactElement {
  const id = useId();
  const { least, most } = field.kind === 'number' ? field : {};
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}</label>
      <input
        id={id}
        name={field.name}
        type="number"
        min={least}
        max={most}
        required
        value={typeof value === 'number' ? String(value) : ''}
        aria-invalid={trouble !== undefined}
        aria-describedby={`${id}-hint`}
        onChange={({ target }) => onChange(numberIn(target.valueAsNumber))}
      />
      <Hint id={`${id}-hint`} trouble={trouble} field={field} hint="" />
    </div>
  );
}

/** What an input of numbers holds: nothing where it is empty. */
export function numberIn(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function TextInput({ field, value, trouble, onChange }: FieldInputProps): ReactElement {
  const id = useId();
  const { hint = '', most } = field.kind === 'text' ? field : {};
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}</label>
      <input
        id={id}
        name={field.name}
        value={typeof value === 'string' ? value : ''}
        maxLength={most}
        spellCheck={false}
        required
        aria-invalid={trouble !== undefined}
        aria-describedby={`${id}-hint`}
        onChange={({ target }) => onChange(target.value)}
      />
      <Hint id={`${id}-hint`} trouble={trouble} field={field} hint={hint} />
    </div>
  );
}

/** A time in the zone of the browser; empty: nothing. */
function TimeInput({ field, value, trouble, onChange }: FieldInputProps): ReactElement {
  const { f } = useWords();
  const id = useId();
  const orNothing = field.kind === 'time' ? field.orNothing : '';
  const time = typeof value === 'string' ? new Date(value) : undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}</label>
      <input
        id={id}
        name={field.name}
        type="datetime-local"
        required={field.kind === 'time' && field.isNeeded === true}
        aria-invalid={trouble !== undefined}
        aria-describedby={`${id}-hint`}
        onChange={({ target }) => {
          const chosen = new Date(target.value);
          onChange(Number.isNaN(chosen.getTime()) ? undefined : chosen.toISOString());
        }}
      />
      <Hint
        id={`${id}-hint`}
        trouble={trouble}
        field={field}
        hint={time === undefined ? orNothing : f.exactly(time)}
      />
    </div>
  );
}
