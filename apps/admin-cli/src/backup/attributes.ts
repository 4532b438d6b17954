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
  return { uid, gid, mode: mode & 0o777, modifiedAt: mtime.toISOString() };
}

export async function setTime(path: string, modifiedAt: string | Date): Promise<void> {
  await utimes(path, new Date(), new Date(modifiedAt));
}

/** @returns false when the owner stays another one, because only root may give files away */
export async function setOwnership(path: string, { uid, gid, mode }: Ownership): Promise<boolean> {
  const found = await stat(path);
  const given =
    (found.uid === uid && found.gid === gid) ||
    (await chown(path, uid, gid).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPERM' || error.code === 'EINVAL') return false;
        throw error;
      },
    ));
  // After the owner: giving a file away takes rights from it.
  await chmod(path, mode);
  return given;
}
