import { PermanentError, safeRelativePath } from '#kernel';

/** Name and version of the format; a reader refuses what it does not know. */
export const datablockFormat = 'catena-datablock-1';
/** The first member of every datablock. */
export const manifestName = 'manifest.json';
/** All files of the dataset lie below this folder of the tar, so that none can be mistaken for the manifest. */
export const payloadFolder = 'data';
/** Larger manifests are neither written nor read: both sides hold the manifest in memory. */
export const maximumManifestBytes = 64 * 1024 * 1024;
/** More files than this belong into several datablocks. */
export const maximumMembers = 100_000;

/** One file of a datablock, as its manifest describes it. */
export interface ManifestMember {
  /** Path inside the dataset, slash-separated, without the payload folder. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Permission bits, 0 to 0o777. */
  readonly permissions: number;
  /** Kept to the millisecond. */
  readonly modifiedAt: Date;
  /** Lower-case hexadecimal digest of the content. */
  readonly sha256: string;
  /** Where the content begins, in bytes from the start of the tar: one file can be served by a ranged read. */
  readonly offset: number;
}

/** The table of contents of a datablock: enough to regenerate every byte of the tar that is not file content. */
export interface DatablockManifest {
  /** Free-form names of what this is: pid, archive id, job id. Sorted by key in the file. */
  readonly identity: Readonly<Record<string, string>>;
  /** Sorted by the UTF-8 bytes of their paths. */
  readonly members: readonly ManifestMember[];
}

/** The manifest as it stands in the tar: the same manifest always makes the same bytes, one line for each member. */
export function manifestToJson(manifest: DatablockManifest): string {
  const lines = manifest.members.map((member) => memberLine(member, String(member.offset)));
  return `${manifestHead(manifest.identity)}${lines.join(',\n')}${manifestTail}`;
}

/** The bytes of the manifest around its member lines, which are joined by {@link memberSeparatorBytes}. */
export function manifestFrameBytes(identity: DatablockManifest['identity']): number {
  return Buffer.byteLength(manifestHead(identity)) + Buffer.byteLength(manifestTail);
}

/** The bytes of one member's line without its offset, which is not known before the lengths of all lines are. */
export function memberLineBytes(member: Pick<ManifestMember, 'path' | 'size' | 'modifiedAt'>): number {
  // Instead of making it: this is asked for each member several times.
  return fixedLineBytes + pathBytes(member.path) + String(member.size).length + timeBytes(member.modifiedAt);
}

/** A safe path has no characters that JSON escapes but these. */
function pathBytes(path: string): number {
  return plainPath.test(path) ? path.length + 2 : Buffer.byteLength(JSON.stringify(path));
}

/** Years of more or fewer than four digits are written in another way. */
function timeBytes(time: Date): number {
  const milliseconds = time.getTime();
  return milliseconds >= firstOfFourDigits && milliseconds <= lastOfFourDigits
    ? 24
    : time.toISOString().length;
}

const plainPath = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const firstOfFourDigits = Date.parse('0000-01-01T00:00:00.000Z');
const lastOfFourDigits = Date.parse('9999-12-31T23:59:59.999Z');
/** Of a line without its path, size, time and offset. */
const fixedLineBytes =
  memberLine({ path: '', size: 0, permissions: 0, modifiedAt: new Date(0), sha256: '0'.repeat(64) }, '')
    .length -
  '""0'.length -
  new Date(0).toISOString().length;

export const memberSeparatorBytes = 2;

const manifestTail = '\n]}\n';

function manifestHead(identity: DatablockManifest['identity']): string {
  const pairs = Object.keys(identity)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(identity[key])}`);
  return (
    `{"format":"${datablockFormat}",\n"identity":{${pairs.join(',')}},\n` +
    `"payloadFolder":"${payloadFolder}",\n"members":[\n`
  );
}

function memberLine(member: Omit<ManifestMember, 'offset'>, offset: string): string {
  const mode = member.permissions.toString(8).padStart(4, '0');
  return (
    `{"path":${JSON.stringify(member.path)},"size":${member.size},"mode":"${mode}",` +
    `"modifiedAt":"${member.modifiedAt.toISOString()}","sha256":"${member.sha256}","offset":${offset}}`
  );
}

/**
 * Reads a manifest and checks its shape, each path, the order of members and the format version.
 * The reader of the tar checks offsets against the layout.
 *
 * @throws PermanentError `datablock.manifest-invalid`
 */
export function parseManifest(json: string): DatablockManifest {
  const root = asRecord(parseJson(json), 'the manifest');
  if (root['format'] !== datablockFormat) refuse('format', datablockFormat, root['format']);
  if (root['payloadFolder'] !== payloadFolder) refuse('payloadFolder', payloadFolder, root['payloadFolder']);
  const identity = asRecord(root['identity'], 'identity');
  for (const [key, value] of Object.entries(identity)) {
    if (typeof value !== 'string') refuse(`identity.${key}`, 'a string', value);
  }
  const list = root['members'];
  if (!Array.isArray(list) || list.length === 0 || list.length > maximumMembers) {
    return refuse('members', `a list of 1 to ${maximumMembers}`, Array.isArray(list) ? list.length : list);
  }
  const members = list.map((value, index) => parseMember(value, `members[${index}]`));
  assertSorted(members);
  return { identity: identity as Record<string, string>, members };
}

/** Order of members: by the UTF-8 bytes of their paths, which for strings is the order of code points. */
function comparePaths(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/**
 * A path a datablock can hold: safe to join below a folder (see `safeRelativePath`) and well-formed Unicode, as a lone
 * surrogate would come back as another name.
 */
export function payloadPath(path: string): string {
  safeRelativePath(path);
  if (/\p{Cs}/u.test(path)) {
    throw new PermanentError(
      'datablock.unsafe-path',
      `Expected a path of well-formed Unicode, found ${JSON.stringify(path.slice(0, 200))}. Rename the file and post again.`,
    );
  }
  return path;
}

function parseMember(value: unknown, where: string): ManifestMember {
  const record = asRecord(value, where);
  const { path, size, mode, modifiedAt, sha256, offset } = record;
  if (typeof path !== 'string') return refuse(`${where}.path`, 'a string', path);
  if (!isByteCount(size)) return refuse(`${where}.size`, 'a number of bytes', size);
  if (!isByteCount(offset)) return refuse(`${where}.offset`, 'a number of bytes', offset);
  if (typeof mode !== 'string' || !/^0[0-7]{3}$/.test(mode)) {
    return refuse(`${where}.mode`, 'permissions as 0644', mode);
  }
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
    return refuse(`${where}.sha256`, '64 hexadecimal digits', sha256);
  }
  const time = new Date(typeof modifiedAt === 'string' ? modifiedAt : Number.NaN);
  if (Number.isNaN(time.getTime())) return refuse(`${where}.modifiedAt`, 'an ISO 8601 time', modifiedAt);
  payloadPath(path);
  return { path, size, permissions: Number.parseInt(mode, 8), modifiedAt: time, sha256, offset };
}

function assertSorted(members: readonly ManifestMember[]): void {
  for (let index = 1; index < members.length; index += 1) {
    const [before, after] = [members[index - 1]?.path ?? '', members[index]?.path ?? ''];
    if (comparePaths(before, after) >= 0) refuse(`members[${index}].path`, `a path after "${before}"`, after);
  }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new PermanentError(
      'datablock.manifest-invalid',
      'Expected the manifest to be JSON; it is damaged or this is not a datablock.',
      { cause },
    );
  }
}

function asRecord(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(where, 'an object', value);
  }
  return value as Record<string, unknown>;
}

function isByteCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function refuse(where: string, expected: string, found: unknown): never {
  const shown = JSON.stringify(found)?.slice(0, 100) ?? 'nothing';
  throw new PermanentError(
    'datablock.manifest-invalid',
    `Expected ${expected} in ${where} of the manifest, found ${shown}.`,
    { details: { where } },
  );
}
