export type Projection = Readonly<Record<string, 0 | 1>>;

/** What is read of a record, and what of that nobody asked to see. */
export interface Reading {
  readonly projection: Projection | undefined;
  readonly hidden: readonly string[];
}

/** A projection that reads `needed` as well: code that joins records must know what they are joined by. */
export function alsoReading(projection: Projection | undefined, needed: readonly string[]): Reading {
  if (projection === undefined) return { projection, hidden: [] };
  const inside = (name: string): boolean => needed.some((field) => name.startsWith(`${field}.`));
  if (!isInclusive(projection)) {
    const kept = Object.entries(projection).filter(([name]) => !needed.includes(name) && !inside(name));
    return {
      projection: kept.length === 0 ? undefined : Object.fromEntries(kept),
      hidden: needed.filter((name) => name in projection),
    };
  }
  const asked = Object.keys(projection);
  // The database refuses a field beside a part of it: where a part was asked for, the whole of it is shown.
  const others = asked.filter((name) => !inside(name));
  return {
    projection: Object.fromEntries([...others, ...needed].map((name) => [name, 1])),
    hidden: needed.filter(
      (field) => !asked.some((name) => name === field || name.startsWith(`${field}.`)) && field !== '_id',
    ),
  };
}

/** Takes out of records what was read for the join only. */
export function hide(records: readonly object[], names: readonly string[]): void {
  for (const record of records) for (const name of names) Reflect.deleteProperty(record, name);
}

/** Whether it names what is shown, not what is left out. */
export function isInclusive(projection: Projection): boolean {
  return Object.values(projection).includes(1);
}
