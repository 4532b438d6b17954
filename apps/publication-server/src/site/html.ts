import { visible } from '../formats/plain-text.js';

/** Markup that is safe to send: only `html` and `trusted` make it. */
export class Html {
  constructor(readonly markup: string) {}

  toString(): string {
    return this.markup;
  }
}

export type Value = Html | string | number | undefined | null | false | readonly Value[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Markup with values in it. A value is text and is escaped for elements and quoted attributes alike, unless it is markup
 * itself; lists are joined, nothing (undefined, null, false) is nothing.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  const fixed = withoutIndentation(parts);
  let markup = fixed[0] as string;
  for (let index = 0; index < values.length; index += 1)
    markup += markupOf(values[index]) + (fixed[index + 1] as string);
  return new Html(markup);
}

/** Templates by their place in the source: each is prepared once. */
const prepared = new WeakMap<TemplateStringsArray, readonly string[]>();

/** Lines of a template are indented for those who read the source; readers of the page need not load that. */
function withoutIndentation(parts: TemplateStringsArray): readonly string[] {
  const known = prepared.get(parts);
  if (known !== undefined) return known;
  const made = parts.map((part) => part.replace(/\s*\n\s*/g, '\n'));
  prepared.set(parts, made);
  return made;
}

/** Markup of ours that is no template, such as a drawing. Never of anything a person wrote. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

export const nothing = new Html('');

function escaped(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities[character] as string);
}

function markupOf(value: Value): string {
  if (value instanceof Html) return value.markup;
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number') return String(value);
  if (value === undefined || value === null || value === false) return '';
  let markup = '';
  for (const item of value) markup += markupOf(item);
  return markup;
}

/** JSON that no element around it can be closed from, and whose source reads as it is. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
