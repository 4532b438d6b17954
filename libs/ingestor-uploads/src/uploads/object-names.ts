import { createHash } from 'node:crypto';
import { messageOf, pidAsName, safeRelativePath } from '#kernel';
import { UploadRefused } from '../upload-refused.js';

const network = 'openem-network/datasets/';
const folder = '/raw_files/';
/** Bytes of the longest key that stores take. */
const longestKey = 1024;

/**
 * The file that an ingestor means by a name of its own choosing, such as `openem-network/datasets/<pid>/raw_files/<path>`.
 *
 * @throws UploadRefused 422 for any other dataset's, and for paths that lead out of it
 */
export function pathIn(pid: string, objectName: string): string {
  const prefix = `${network}${pid}${folder}`;
  const shown = JSON.stringify(objectName.slice(0, 200));
  if (!objectName.startsWith(prefix))
    throw new UploadRefused(
      422,
      `Expected an object_name that begins with ${prefix}, found ${shown}: files of a dataset lie in its own folder.`,
    );
  const path = objectName.slice(prefix.length);
  try {
    safeRelativePath(path);
  } catch (error) {
    throw new UploadRefused(422, messageOf(error));
  }
  if (Buffer.byteLength(keyOf(pid, path)) > longestKey)
    throw new UploadRefused(
      422,
      `Expected a path of at most ${longestKey} bytes with the name of its dataset, found ${shown}: shorten it.`,
    );
  return path;
}

/** As clients name it. */
export function objectNameOf(pid: string, path: string): string {
  return `${network}${pid}${folder}${path}`;
}

/** Where it lies in the landing zone, whoever sends it. */
export function keyOf(pid: string, path: string): string {
  return `${pidAsName(pid)}/${path}`;
}

/** One-to-one: an upload has an id of fixed form, and the digest is of both. */
export function fileIdOf(upload: string, path: string): string {
  return createHash('sha256').update(`${upload}\0${path}`).digest('base64url');
}
