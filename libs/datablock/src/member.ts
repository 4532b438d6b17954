import { PermanentError } from '#kernel';
import { maximumMembers, payloadPath } from './manifest.js';
import type { PlannedMember } from './tar/layout.js';

/** A file to be packed. */
export interface DatablockMember {
  /** Path inside the dataset: relative, slash-separated, safe (see `safeRelativePath`), unique. */
  readonly path: string;
  /** Bytes; content of another length is refused. */
  readonly size: number;
  /** Kept to the millisecond. */
  readonly modifiedAt: Date;
  /** A file mode; only the nine permission bits are kept. Default 0o644. */
  readonly permissions?: number;
  /** Lower-case hexadecimal digest the content must have, where it is known. */
  readonly expectedSha256?: string;
  /**
   * Begins reading. Called once, some time before the content is needed; a `Readable` will do. What it returns is
   * destroyed (or its iterator returned) when packing ends early.
   */
  open(): Promise<AsyncIterable<Uint8Array>>;
}

/**
 * Checks what is about to be packed and puts it into the order of the tar.
 *
 * @throws PermanentError `kernel.unsafe-path`, `datablock.unsafe-path`, `datablock.member-invalid`,
 * `datablock.duplicate-path`, `datablock.no-members`, `datablock.too-many-members`
 */
export function inTarOrder(members: readonly DatablockMember[]): DatablockMember[] {
  if (members.length === 0) {
    throw new PermanentError(
      'datablock.no-members',
      'Expected at least one file for a datablock, found none: an empty datablock would only look like an archive.',
    );
  }
  if (members.length > maximumMembers) {
    throw new PermanentError(
      'datablock.too-many-members',
      `Expected at most ${maximumMembers} files in one datablock, found ${members.length}. Split them.`,
    );
  }
  for (const member of members) assertValid(member);
  const keyed = members.map((member) => ({ member, key: Buffer.from(member.path) }));
  keyed.sort((left, right) => Buffer.compare(left.key, right.key));
  const sorted = keyed.map(({ member }) => member);
  assertNoCollisions(sorted);
  return sorted;
}

/** What the manifest will say of a member before its content is read. */
export function plannedMember(member: DatablockMember): PlannedMember {
  return {
    path: member.path,
    size: member.size,
    permissions: (member.permissions ?? 0o644) & 0o777,
    modifiedAt: member.modifiedAt,
  };
}

function assertValid(member: DatablockMember): void {
  payloadPath(member.path);
  if (!Number.isSafeInteger(member.size) || member.size < 0) {
    refuse(member.path, `a size in whole bytes, found ${member.size}`);
  }
  if (Number.isNaN(member.modifiedAt.getTime())) refuse(member.path, 'a modification time, found none');
  if (member.expectedSha256 !== undefined && !/^[0-9a-f]{64}$/.test(member.expectedSha256)) {
    refuse(member.path, `a SHA-256 of 64 lower-case hexadecimal digits, found "${member.expectedSha256}"`);
  }
}

/** The same path twice, or a file where another path needs a folder, could not be unpacked again. */
function assertNoCollisions(sorted: readonly DatablockMember[]): void {
  const files = new Set<string>();
  for (const { path } of sorted) {
    if (files.has(path)) collide(path, path);
    files.add(path);
  }
  for (const { path } of sorted) {
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      if (files.has(path.slice(0, slash))) collide(path.slice(0, slash), path);
    }
  }
}

function collide(path: string, other: string): never {
  const found = path === other ? `"${path}" twice` : `"${path}" as a file and as the folder of "${other}"`;
  throw new PermanentError(
    'datablock.duplicate-path',
    `Expected each path once, found ${found}. Correct the file list and post again.`,
    { details: { path, other } },
  );
}

function refuse(path: string, expectation: string): never {
  throw new PermanentError('datablock.member-invalid', `Expected of "${path}" ${expectation}.`, {
    details: { path },
  });
}
