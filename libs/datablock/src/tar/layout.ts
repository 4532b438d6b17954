import {
  manifestFrameBytes,
  manifestName,
  manifestToJson,
  memberLineBytes,
  memberSeparatorBytes,
  payloadFolder,
  type DatablockManifest,
  type ManifestMember,
} from '../manifest.js';
import {
  blockSize,
  padded,
  paddingAfter,
  recordSize,
  tarHeader,
  tarHeaderSize,
  type TarEntry,
} from './tar-header.js';

/** The second member: the digests in the form `sha256sum --check` reads. */
export const checksumListName = 'manifest-sha256.txt';

/** A member before its content was read. */
export type PlannedMember = Omit<ManifestMember, 'sha256' | 'offset'>;

/** Where everything goes. Known before the first byte of content is read, as digests have a fixed width. */
export interface Layout {
  /** Bytes before the first payload header: the manifest and the checksum list with their headers and padding. */
  readonly frontSize: number;
  /** For each member, where its header begins. */
  readonly headerOffsets: readonly number[];
  /** For each member, where its content begins. */
  readonly contentOffsets: readonly number[];
  /** Where the last member's padding ends and the closing zeros begin. */
  readonly payloadEnd: number;
  /** Size of the whole tar, a multiple of 10 240. */
  readonly packedSize: number;
}

/** Plans the tar of these members, which are in their final order. */
export function layOut(identity: DatablockManifest['identity'], members: readonly PlannedMember[]): Layout {
  const headers: number[] = [];
  const contents: number[] = [];
  let end = 0;
  for (const member of members) {
    const header = tarHeaderSize(payloadEntry(member));
    headers.push(end);
    contents.push(end + header);
    end += header + padded(member.size);
  }
  const frontSize = sizeOfFront(identity, members, contents);
  return {
    frontSize,
    headerOffsets: headers.map((offset) => offset + frontSize),
    contentOffsets: contents.map((offset) => offset + frontSize),
    payloadEnd: frontSize + end,
    packedSize: Math.ceil((frontSize + end + 2 * blockSize) / recordSize) * recordSize,
  };
}

/** The bytes before the first payload header. */
export function renderFront(manifest: DatablockManifest): Buffer {
  const json = Buffer.from(manifestToJson(manifest));
  const list = Buffer.from(manifest.members.map(checksumLine).join(''));
  return Buffer.concat([
    tarHeader(frontEntry(manifestName, json.length, manifest.members), 0),
    json,
    Buffer.alloc(paddingAfter(json.length)),
    tarHeader(frontEntry(checksumListName, list.length, manifest.members), 1),
    list,
    Buffer.alloc(paddingAfter(list.length)),
  ]);
}

/** The header bytes of the payload member at this index. */
export function renderPayloadHeader(member: PlannedMember, index: number): Buffer {
  return tarHeader(payloadEntry(member), index + 2);
}

/**
 * The manifest names the offsets of contents, which depend on the length of the manifest, which depends on the number
 * of digits of the offsets. Starting too short and growing, this settles after two or three rounds: a longer manifest
 * never has shorter offsets.
 */
function sizeOfFront(
  identity: DatablockManifest['identity'],
  members: readonly PlannedMember[],
  contentsWithoutFront: readonly number[],
): number {
  const fixed =
    manifestFrameBytes(identity) +
    members.reduce((sum, member) => sum + memberLineBytes(member), 0) +
    memberSeparatorBytes * (members.length - 1);
  const listSize = members.reduce((sum, member) => sum + checksumLineBytes(member), 0);
  const frontWith = (manifestSize: number): number => 2 * blockSize + padded(manifestSize) + padded(listSize);
  let manifestSize = fixed;
  for (;;) {
    const front = frontWith(manifestSize);
    const digits = contentsWithoutFront.reduce((sum, offset) => sum + String(offset + front).length, 0);
    if (fixed + digits === manifestSize) return front;
    manifestSize = fixed + digits;
  }
}

/** Dated like the newest file: no clock is read, and a listing shows a sensible time that fits the plain header. */
function frontEntry(name: string, size: number, members: readonly PlannedMember[]): TarEntry {
  const newest = members.reduce((latest, member) => Math.max(latest, member.modifiedAt.getTime()), 0);
  const seconds = Math.min(Math.floor(newest / 1000), 8 ** 11 - 1);
  return { name, size, permissions: 0o644, modifiedAt: new Date(seconds * 1000) };
}

function payloadEntry(member: PlannedMember): TarEntry {
  const { path, size, permissions, modifiedAt } = member;
  return { name: `${payloadFolder}/${path}`, size, permissions, modifiedAt };
}

/** As `sha256sum` prints it: a leading backslash announces escapes in the name. */
function checksumLine(member: Pick<ManifestMember, 'path' | 'sha256'>): string {
  const escaped = member.path.replace(/[\\\n\r]/g, (character) => escapes[character] ?? character);
  const mark = escaped === member.path ? '' : '\\';
  return `${mark}${member.sha256}  ${payloadFolder}/${escaped}\n`;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };

function checksumLineBytes({ path }: Pick<ManifestMember, 'path'>): number {
  if (plainInList.test(path)) return 64 + 2 + payloadFolder.length + 1 + path.length + 1;
  return Buffer.byteLength(checksumLine({ path, sha256: '0'.repeat(64) }));
}

const plainInList = /^[\x20-\x5b\x5d-\x7e]*$/;
