import { PermanentError } from '#kernel';
import { defaultRows, maxRows, notPossible, reasonMissing } from '#operations';

type Values = Readonly<Record<string, unknown>>;

/**
 * The values of a query, each a text. A key that is not known is refused: what it was meant to leave out would be shown.
 *
 * @throws PermanentError `operations.not-possible`
 */
export function queryOf<Name extends string>(
  query: Values | undefined,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const known: readonly string[] = names;
  for (const [name, value] of Object.entries(query ?? {}))
    if (!known.includes(name) || typeof value !== 'string' || value.length > 1000)
      throw new PermanentError(
        notPossible,
        `Expected in the query only ${names.join(', ') || 'nothing'}, each once, found ${JSON.stringify(name).slice(0, 100)}.`,
      );
  return (query ?? {}) as Readonly<Partial<Record<Name, string>>>;
}

/** @throws PermanentError `operations.not-possible` */
export function limitIn(text: string | undefined): number {
  if (text === undefined || text === '') return defaultRows;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxRows) return limit;
  throw new PermanentError(
    notPossible,
    `Expected in limit a whole number from 1 to ${maxRows}, found ${JSON.stringify(text).slice(0, 100)}.`,
  );
}

/**
 * A body that is an object with none but these fields.
 *
 * @throws PermanentError `operations.not-possible`
 */
export function bodyOf<Name extends string>(
  body: unknown,
  names: readonly Name[],
): Partial<Record<Name, unknown>> {
  if (body === undefined || body === null) return {};
  const known: readonly string[] = names;
  const wrong =
    typeof body !== 'object' || Array.isArray(body)
      ? 'something else'
      : Object.keys(body).find((name) => !known.includes(name));
  if (wrong === undefined) return body;
  throw new PermanentError(
    notPossible,
    `Expected a body with ${names.join(', ')}, found ${JSON.stringify(wrong).slice(0, 100)}.`,
  );
}

/**
 * Why a person does it: 3 to 500 characters, which those whom it concerns read.
 *
 * @throws PermanentError `operations.reason-missing`
 */
export function reasonIn(value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text.length >= 3 && text.length <= 500) return text;
  throw new PermanentError(
    reasonMissing,
    `Expected in reason 3 to 500 characters that say why, found ${text.length}: those whom it concerns read it.`,
  );
}
