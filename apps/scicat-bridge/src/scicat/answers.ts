import { oddAnswer } from './scicat-errors.js';

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param where what is read, with its id: `job 42` */
export function fieldsOf(value: unknown, where: string): Fields {
  if (isFields(value)) return value;
  throw oddAnswer(where, 'an object', value);
}

export function listOf(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw oddAnswer(where, 'a list', value);
}

/** A text with something in it. */
export function textOf(fields: Fields, name: string, where: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw oddAnswer(where, `a text as "${name}"`, value);
}

/** A text; undefined where there is none. */
export function optionalTextOf(fields: Fields, name: string, where: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw oddAnswer(where, `a text as "${name}", or none`, value);
}

/** Yes or no; undefined where neither is said. */
export function optionalFlagOf(fields: Fields, name: string, where: string): boolean | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw oddAnswer(where, `true or false as "${name}", or neither`, value);
}

/** Bytes. */
export function bytesOf(fields: Fields, name: string, where: string): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw oddAnswer(where, `a number of bytes as "${name}"`, value);
}

/** Texts; none where there is no list. */
export function optionalTextsOf(fields: Fields, name: string, where: string): readonly string[] {
  const value = fields[name];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
  throw oddAnswer(where, `a list of texts as "${name}"`, value);
}

/** Of records that SciCat answers with `id`, or with Mongo's `_id` alone. */
export function idOf(fields: Fields, where: string): string {
  return textOf(fields, typeof fields['_id'] === 'string' ? '_id' : 'id', where);
}
