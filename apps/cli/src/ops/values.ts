import { bytesText } from '#command-line';

/** What an app answered, of which nothing is known for sure: it may be of another version. */
export type Row = Readonly<Record<string, unknown>>;

/** The value at a path such as `totals.datasets`. */
export function valueAt(row: unknown, path: string): unknown {
  let value = row;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Row)[name];
  }
  return value;
}

const longest = 200;

/** A value in a cell, or in a sentence. Whoever prints it makes it harmless (`lineText`). */
export function cellText(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-';
  if (Array.isArray(value)) return value.length === 0 ? '-' : short(value.map(cellText).join(', '));
  if (typeof value === 'object') return short(factsText(value as Row));
  return short(typeof value === 'string' ? value : JSON.stringify(value));
}

export function bytesCell(value: unknown): string {
  return typeof value === 'number' ? bytesText(value) : cellText(value);
}

/** `limit 48, used 48`. */
export function factsText(facts: Row): string {
  return Object.entries(facts)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name} ${/bytes/i.test(name) ? bytesCell(value) : cellText(value)}`)
    .join(', ');
}

function short(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** Everything of one thing, a line for each value that is there. */
export function detailLines(row: unknown, prefix = ''): string[] {
  if (typeof row !== 'object' || row === null) return [`${prefix}${cellText(row)}`];
  return Object.entries(row as Row).flatMap(([name, value]) => {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.some((one) => typeof one === 'object'))
      return [
        `${prefix}${name}`,
        ...value.map(
          (one) => `${prefix}  ${typeof one === 'object' ? factsText(one as Row) : cellText(one)}`,
        ),
      ];
    if (typeof value === 'object' && !Array.isArray(value))
      return [`${prefix}${name}`, ...detailLines(value, `${prefix}  `)];
    return [`${prefix}${name}  ${/bytes/i.test(name) ? bytesCell(value) : cellText(value)}`];
  });
}

export function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
