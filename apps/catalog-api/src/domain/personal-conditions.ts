type Fields = Record<string, unknown>;

/** Fields that hold e-mail addresses, by their names: of datasets, jobs, proposals, policies, identities, and in
 * parameters; Catena's own, which are made of the others. */
const personal = /e-?mail(?!Notification)|^sharedWith$|^manager$|^catena/i;
/** Parameters that only choose what is shown; what is shown is masked. */
const projections = new Set(['fields', 'datasetFields', 'includeFields', 'include', 'relation']);
const deepest = 24;

/**
 * What in a request would answer from e-mail addresses of others, though none is shown: a condition on them finds them
 * letter by letter, an order sorts by them, a facet counts them. One's own address may be compared with.
 *
 * @param query the parameters as they came; `fields` holds conditions there, and names inside a filter
 * @returns the name of the field, or the text, that is not allowed
 */
export function personalConditionIn(
  query: Readonly<Fields>,
  header: unknown,
  own: string | undefined,
): string | undefined {
  const parts = Object.entries(query).map(([name, value]) => inParameter(name, value, own));
  return [...parts, inParameter('filter', header, own)].find((found) => found !== undefined);
}

function inParameter(name: string, value: unknown, own: string | undefined): string | undefined {
  for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
    const found =
      name === 'facets' || name === 'order'
        ? personalNameIn(readable(item) ?? item)
        : projections.has(name) && name !== 'fields'
          ? undefined
          : inCondition(readable(item), own);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readable(text: unknown): unknown {
  if (typeof text !== 'string' || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Who reads it says what is wrong with it.
    return undefined;
  }
}

function inCondition(value: unknown, own: string | undefined, depth = 0): string | undefined {
  // Deeper ones are refused by who reads them.
  if (depth > deepest) return undefined;
  if (typeof value === 'string') return value.includes('@') && !isOwn(value, own) ? value : undefined;
  if (Array.isArray(value)) return first(value, (item) => inCondition(item, own, depth + 1));
  if (typeof value !== 'object' || value === null) return undefined;
  return first(Object.entries(value), ([key, child]) => {
    if (depth > 0 && projections.has(key) && isProjection(child)) return undefined;
    if (depth === 0 && key === 'fields') return undefined;
    if (key === 'order') return personalNameIn(child);
    if (personalNameIn(key) !== undefined && !isOwn(child, own)) return key;
    return inCondition(child, own, depth + 1);
  });
}

/** Lists of names, or names with 0 or 1. */
function isProjection(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string');
  return typeof value !== 'object' || value === null || Object.values(value).every(isScalar);
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object';
}

function isOwn(value: unknown, own: string | undefined): boolean {
  return typeof value === 'string' && own !== undefined && value.toLowerCase() === own.toLowerCase();
}

/** The first name of a field that holds addresses, in a name, an order, or a list of them. */
function personalNameIn(names: unknown): string | undefined {
  if (Array.isArray(names)) return first(names, personalNameIn);
  if (typeof names !== 'string') return undefined;
  return names
    .split(',')
    .map((name) => name.split(':')[0]!.trim())
    .find((name) => name.split('.').some((part) => personal.test(part)));
}

function first<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
