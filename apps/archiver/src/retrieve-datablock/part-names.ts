/**
 * The name of a part in the retrieval bucket, one-to-one for a datablock and a selection of its files: who wants the same files shares
 * it. No archive id has a folder that ends so.
 *
 * @param selection SHA-256 of the list of files
 */
export function partName(archiveId: string, selection: string): string {
  return `${archiveId}.parts/${selection}.tar`;
}

const part = /^(.+)\.parts\/[0-9a-f]{64}\.tar$/;

/** Of which datablock it is, by its name in the retrieval bucket; other names stay as they are. */
export function archiveIdOfRetrieved(name: string): string {
  return part.exec(name)?.[1] ?? name;
}

/** What a datablock is called when it is downloaded. */
export function fileNameOf(archiveId: string): string {
  return archiveId.split('/').slice(-2).join('_');
}

/** What a part is called when it is downloaded: of which datablock it is, and that it is a part. */
export function partFileName(archiveId: string, selection: string): string {
  return `${fileNameOf(archiveId).replace(/\.tar$/, '')}.part-${selection.slice(0, 16)}.tar`;
}
