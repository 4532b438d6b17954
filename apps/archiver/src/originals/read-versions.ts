import type { ManifestMember } from '#datablock';

/** One object of the landing zone as it was read into a datablock. */
export interface ReadVersion {
  readonly path: string;
  readonly key: string;
  readonly etag: string;
}

/** A line of the list that is kept with a datablock; the checksum ties it to one tar. */
export interface OriginalLine extends ReadVersion {
  readonly sha256: string;
}

/** Which versions of the originals were read. A file that was opened twice counts with the last version. */
export class ReadVersions {
  private readonly versions = new Map<string, ReadVersion>();

  remember(version: ReadVersion): void {
    this.versions.set(version.path, version);
  }

  /** With the checksums of the members they became. */
  linesFor(members: readonly ManifestMember[]): OriginalLine[] {
    return members.flatMap(({ path, sha256 }) => {
      const version = this.versions.get(path);
      return version === undefined ? [] : [{ ...version, sha256 }];
    });
  }
}

/** Whether the lines tell of exactly these members: a list of another try may be of other versions. */
export function areOf(lines: readonly OriginalLine[], members: readonly ManifestMember[]): boolean {
  const wanted = new Map(members.map(({ path, sha256 }) => [path, sha256]));
  return lines.length === wanted.size && lines.every(({ path, sha256 }) => wanted.get(path) === sha256);
}
