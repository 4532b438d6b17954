import { createHash } from 'node:crypto';

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

/** Characters of a name for people: messages take 300. */
const maxFileName = 200;

/** What a datablock is called when it is downloaded; of a very long name the end, and a digest. */
export function fileNameOf(archiveId: string): string {
  const name = archiveId.split('/').slice(-2).join('_');
  if (name.length <= maxFileName) return name;
  const digest = createHash('sha256').update(archiveId).digest('hex').slice(0, 16);
  return `${digest}_${name.slice(name.length - maxFileName + digest.length + 1)}`;
}

/** What a part is called when it is downloaded: of which datablock it is, and that it is a part. */
export function partFileName(archiveId: string, selection: string): string {
  return `${fileNameOf(archiveId).replace(/\.tar$/, '')}.part-${selection.slice(0, 16)}.tar`;
}
