import { ConsoleError } from '../edge/console-error.js';

/** How far the lists of several apps were read: the place that each app gave, empty at its begin. Who is at its end is not there. */
export type Places = ReadonlyMap<string, string>;

/** One word for the browser; undefined when all are at their end. */
export function cursorOf(places: Places): string | undefined {
  if (places.size === 0) return undefined;
  return Buffer.from(JSON.stringify(Object.fromEntries(places))).toString('base64url');
}

/**
 * @param cursor absent: all begin
 * @throws ConsoleError `console.bad-request`
 */
export function placesIn(cursor: string | undefined, apps: readonly string[]): Places {
  if (cursor === undefined) return new Map(apps.map((app) => [app, '']));
  const told = toldIn(cursor);
  // An app that OPERATIONS_APPS_FILE does not name any more is asked no more.
  return new Map(told.filter(([app]) => apps.includes(app)));
}

function toldIn(cursor: string): readonly [string, string][] {
  try {
    const told = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
    const entries = Object.entries((Array.isArray(told) ? undefined : told) as Record<string, unknown>);
    if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) return entries;
  } catch {
    // What stands below.
  }
  throw new ConsoleError(
    400,
    'console.bad-request',
    'Expected as a place what an answer gave as next, found something else: begin anew.',
  );
}
