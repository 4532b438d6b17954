import { chmod, chown, stat, utimes } from 'node:fs/promises';

/** Who owns a file or folder, and who may do what with it. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

export interface Attributes extends Ownership {
  /** ISO 8601. */
  readonly modifiedAt: string;
}

export async function attributesOf(path: string): Promise<Attributes> {
  const { uid, gid, mode, mtime } = await stat(path);
  return { uid, gid, mode: mode & rightsOfFiles, modifiedAt: mtime.toISOString() };
}

/** With what a folder hands on to those who make something in it. */
export async function ownershipOf(folder: string): Promise<Ownership> {
  const { uid, gid, mode } = await stat(folder);
  return { uid, gid, mode: mode & rightsOfFolders };
}

export const rightsOfFiles = 0o777;
export const rightsOfFolders = 0o3777;

export async function setTime(path: string, modifiedAt: string): Promise<void> {
  await utimes(path, new Date(), new Date(modifiedAt));
}

/** @returns false when the owner stays another one, because only root may give files away */
export async function setOwnership(path: string, { uid, gid, mode }: Ownership): Promise<boolean> {
  const before = await stat(path);
  if (before.uid !== uid || before.gid !== gid) await chown(path, uid, gid).catch(ifNotAllowed);
  // After the owner: giving a file away takes rights from it.
  await chmod(path, mode);
  const now = await stat(path);
  return now.uid === uid && now.gid === gid;
}

function ifNotAllowed(error: NodeJS.ErrnoException): void {
  // EINVAL: a container that does not know such a user.
  if (error.code !== 'EPERM' && error.code !== 'EINVAL') throw error;
}
