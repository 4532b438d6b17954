import type { ReactElement } from 'react';

interface TextFilterProps {
  /** In its form, which gives it back under this name. */
  readonly name: string;
  /** Of the page, before the name: ids are one of a kind in it. */
  readonly page: string;
  readonly label: string;
  /** What the address says. */
  readonly value: string | undefined;
}

/** A text by which a list is filtered. */
export function TextFilter({ name, page, label, value }: TextFilterProps): ReactElement {
  const id = `${page}-${name}`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} name={name} defaultValue={value ?? ''} maxLength={500} spellCheck={false} />
    </div>
  );
}
