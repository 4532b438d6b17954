/** Fields by their names, with what each is; a name with an exclamation mark has to be there. */
export interface Fields {
  readonly [name: string]: FieldKind;
}

type FieldKind = 'text' | 'number' | 'flag' | 'texts' | Fields | readonly [Fields];

/**
 * Of an answer the fields that are known, as far as they are what they should be: an app may be newer, or another program may have
 * answered for it. Undefined where one is missing that has to be there.
 */
export function knownFields<Known extends object>(value: unknown, fields: Fields): Known | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const known: Record<string, unknown> = {};
  for (const [mark, kind] of Object.entries(fields)) {
    const name = mark.replace('!', '');
    const found = Object.hasOwn(value, name) ? fitting((value as Fields)[name], kind) : undefined;
    if (found !== undefined) known[name] = found;
    else if (name !== mark) return undefined;
  }
  return known as Known;
}

/** Those of some rows that have what a row has to have. */
export function knownRows<Row extends object>(rows: readonly unknown[], fields: Fields): readonly Row[] {
  return rows.map((row) => knownFields<Row>(row, fields)).filter((row) => row !== undefined);
}

function fitting(value: unknown, kind: FieldKind): unknown {
  switch (kind) {
    case 'text':
      return typeof value === 'string' ? value : undefined;
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
    case 'flag':
      return typeof value === 'boolean' ? value : undefined;
    case 'texts':
      return Array.isArray(value)
        ? (value as readonly unknown[]).filter((one) => typeof one === 'string')
        : undefined;
  }
  if (!Array.isArray(kind)) return knownFields(value, kind as Fields);
  return Array.isArray(value) ? knownRows(value, (kind as readonly [Fields])[0]) : undefined;
}
