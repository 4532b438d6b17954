/** Where samples lie; `SHA256SUMS` there is checkable with `sha256sum -c` as well. */
export const sampleFolder = 'test/contracts/samples';

/** `archival.archive-datablock.v1` → `test/contracts/samples/archival/archive-datablock.v1` */
export function folderOf(type: string): string {
  return `${sampleFolder}/${type.replace('.', '/')}`;
}

/** The lines of a checksum file: name → digest. */
export function sums(text: string): Map<string, string> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  );
}

/** A copy of the object for each of its fields, nested ones too, that lacks just this one. */
export function without(value: object): { readonly field: string; readonly rest: object }[] {
  return Object.entries(value).flatMap(([field, inner]: [string, unknown]) => [
    { field, rest: Object.fromEntries(Object.entries(value).filter(([name]) => name !== field)) },
    ...(typeof inner === 'object' && inner !== null
      ? without(inner).map((found) => ({ field: found.field, rest: { ...value, [field]: found.rest } }))
      : []),
  ]);
}
