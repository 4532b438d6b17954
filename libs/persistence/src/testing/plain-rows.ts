type Stored = Record<string, unknown>;

/** Documents in the order of a sort, where plain values tell it; undefined: only a query can tell. Equal ones keep their order. */
export function sortedPlainly(
  documents: readonly Stored[],
  sort: Readonly<Record<string, 1 | -1>>,
): Stored[] | undefined {
  const keys = Object.entries(sort);
  const rows = documents.map((document) => ({
    document,
    values: keys.map(([key]) => plainAt(document, key)),
  }));
  for (const index of keys.keys()) {
    const kinds = new Set(rows.map(({ values }) => kindOf(values[index])));
    kinds.delete('none');
    if (kinds.has('other') || kinds.size > 1) return undefined;
  }
  return rows
    .sort((left, right) => {
      for (const [index, [, direction]] of keys.entries()) {
        const order = compared(left.values[index], right.values[index]);
        if (order !== 0) return order * direction;
      }
      return 0;
    })
    .map(({ document }) => document);
}

/** What a projection leaves of a document, a copy; undefined: only a query can tell. */
export function projectedPlainly(
  document: Stored,
  projection: Readonly<Record<string, unknown>>,
): Stored | undefined {
  const fields = Object.entries(projection).filter(([key]) => key !== '_id');
  const isInclusive = fields.every(([, value]) => value === 1);
  const isExclusive = fields.every(([, value]) => value === 0);
  if (!(isInclusive || isExclusive)) return undefined;
  if (fields.some(([key]) => key.includes('.') || key.startsWith('$'))) return undefined;
  const id = projection['_id'];
  const isKept = (key: string): boolean => {
    if (key === '_id') return id !== 0;
    // `{ _id: 1 }` asks for the id alone, `{ _id: 0 }` for all else, and `{}` for everything.
    return fields.length === 0 ? id !== 1 : key in projection === isInclusive;
  };
  const kept = Object.entries(document).filter(([key]) => isKept(key));
  return structuredClone(Object.fromEntries(kept));
}

function plainAt(document: Stored, path: string): unknown {
  let value: unknown = document;
  for (const name of path.split('.')) {
    if (Array.isArray(value)) return value;
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Stored)[name];
  }
  return value;
}

function kindOf(value: unknown): 'none' | 'number' | 'string' | 'date' | 'other' {
  if (value === undefined) return 'none';
  if (typeof value === 'number' || typeof value === 'string') return typeof value as 'number' | 'string';
  return value instanceof Date ? 'date' : 'other';
}

/** What is missing comes first. */
function compared(left: unknown, right: unknown): number {
  if (left === undefined || right === undefined) return left === right ? 0 : left === undefined ? -1 : 1;
  const [one, other] = [left, right].map((value) => (value instanceof Date ? value.getTime() : value)) as [
    number,
    number,
  ];
  return one === other ? 0 : one < other ? -1 : 1;
}
