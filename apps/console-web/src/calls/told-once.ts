import type { OfApp } from './app-pages.js';

/** A row with all apps that told it, the first of them as its app: archivers that share one database tell the same. */
export type ToldRow<Row> = OfApp<Row> & { readonly apps: readonly string[] };

interface Telling<Row> {
  /** What names it, and what makes it this one and no other of the same name: that is equal only in one and the same record. */
  readonly sameBy: (row: OfApp<Row>) => readonly unknown[];
  /** Of the same record, told twice, the one that is shown: answers are not of the same moment. */
  readonly later?: (one: Row, other: Row) => Row;
}

/** Each record once, with all apps that told it. What differs is of databases of their own, and stays apart. */
export function toldOnce<Row extends object>(
  rows: readonly OfApp<Row>[],
  { sameBy, later = (one) => one }: Telling<Row>,
): readonly ToldRow<Row>[] {
  const found = new Map<string, ToldRow<Row>>();
  for (const row of rows) {
    const key = JSON.stringify(sameBy(row));
    const before = found.get(key);
    const apps = before === undefined ? [row.app] : [...new Set([...before.apps, row.app])];
    const shown = before === undefined ? row : later(before, row);
    found.set(key, { ...shown, app: apps[0], apps } as ToldRow<Row>);
  }
  return [...found.values()];
}

/** Which of some times, as texts, is later; one that is none is the earlier one. */
export function isLater(one: string | undefined, other: string | undefined): boolean {
  const [time, before] = [Date.parse(one ?? ''), Date.parse(other ?? '')];
  return Number.isNaN(before) ? !Number.isNaN(time) : time > before;
}

/** A name for the database of each app, as far as these rows show it: who tells the same row shares one. */
export function databasesOf(rows: readonly { readonly apps: readonly string[] }[]): (app: string) => string {
  const names = new Map<string, string>();
  const nameOf = (app: string): string => names.get(app) ?? app;
  for (const { apps } of rows) {
    const joined = new Set(apps.map(nameOf));
    const [first = ''] = [...joined].sort();
    const known = [...new Set([...names.keys(), ...apps])];
    for (const app of known) if (joined.has(nameOf(app))) names.set(app, first);
  }
  return nameOf;
}
