import { useId, type ReactElement } from 'react';
import { useWords } from '../parts/words.js';
import type { Field, Values } from './deed.js';

interface FieldInputProps {
  readonly field: Field;
  readonly value: Values[string];
  readonly onChange: (value: Values[string]) => void;
}

/** One field of the dialog. */
export function FieldInput({ field, value, onChange }: FieldInputProps): ReactElement {
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
  if (field.kind === 'number')
    return (
      <div className="field">
        <label htmlFor={id}>{field.label}</label>
        <input
          id={id}
          type="number"
          min={field.least}
          max={field.most}
          value={String(value)}
          onChange={({ target }) =>
            onChange(Math.min(field.most, Math.max(field.least, target.valueAsNumber || field.least)))
          }
        />
      </div>
    );
  return <TimeInput field={field} value={value} onChange={onChange} />;
}

/** A time in the zone of the browser; empty: nothing. */
function TimeInput({ field, value, onChange }: FieldInputProps): ReactElement {
  const { f } = useWords();
  const id = useId();
  const time = typeof value === 'string' ? new Date(value) : undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}</label>
      <input
        id={id}
        type="datetime-local"
        onChange={({ target }) => {
          const chosen = new Date(target.value);
          onChange(Number.isNaN(chosen.getTime()) ? undefined : chosen.toISOString());
        }}
      />
      <p className="hint">
        {time === undefined ? (field.kind === 'time' ? field.orNothing : '') : f.exactly(time)}
      </p>
    </div>
  );
}
