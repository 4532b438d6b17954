import { types } from 'node:util';

/** A value that nobody looked at. */
export type Fields = Readonly<Record<string, unknown>>;

/** Items of one list of a user that are looked at. */
const maxItems = 10_000;

/** The text of a value, without blanks around it; undefined when there is none. Times become ISO 8601. */
export function textIn(value: unknown): string | undefined {
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).trim();
  return text === '' ? undefined : text;
}

/** The object of a value, empty when it is none. */
export function fieldsIn(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The items of a list; a single value is a list of one. */
export function itemsIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.slice(0, maxItems) as unknown[];
  return value === undefined || value === null || value === '' ? [] : [value];
}

/** A finite number, also of a text. */
export function numberIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** The value of a controlled list, whatever its case. */
export function oneOf<Value extends string>(values: readonly Value[], value: unknown): Value | undefined {
  const wanted = textIn(value)?.toLowerCase().replace(/\s+/g, '');
  return wanted === undefined
    ? undefined
    : values.find((one) => one.toLowerCase().replace(/\s+/g, '') === wanted);
}

/** An object without the properties that are undefined. */
export function given<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Value;
}
