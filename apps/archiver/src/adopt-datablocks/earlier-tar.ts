import { createHash, getHashes, type Hash } from 'node:crypto';
import { maximumMembers, readForeignTar, type ForeignMember, type ManifestMember } from '#datablock';
import { listedPath, PermanentError } from '#kernel';

/** A file as the catalogue lists it of a datablock. */
export interface ListedFile {
  readonly path: string;
  readonly size: number;
  readonly chk?: string;
}

/** What the catalogue says is in a tar. */
export interface ListedTar {
  readonly files: readonly ListedFile[];
  /** As SciCat writes it: `md5`, `SHA-256`, `blake2b` … */
  readonly chkAlg?: string;
  /** Absolute; what tars of earlier systems put before each path. */
  readonly sourceFolder?: string;
}

/** A tar that holds what the catalogue lists, as it was read. */
export interface ReadTar {
  /** In the order of a manifest. */
  readonly members: readonly ManifestMember[];
  readonly sha256: string;
  /** Bytes. */
  readonly packedSize: number;
  /** Whether each file was compared with a checksum of the catalogue, or only its size. */
  readonly checkedBy: 'checksums' | 'sizes';
  /** Files in the tar that the catalogue does not list: nobody retrieves them. */
  readonly unlisted: number;
}

interface Seen extends Omit<ManifestMember, 'path'> {
  /** By the algorithm of the catalogue. */
  readonly chk?: string;
}

const maxNamed = 5;

/**
 * Reads a tar that another system made, all of it, and holds it against the catalogue: each listed file is in it, once, with its size
 * and, where the catalogue has one, its checksum. Where paths in the tar begin otherwise, all of them do in the same way.
 *
 * @param stream fresh bytes of the whole file
 * @throws PermanentError `archiver.not-adoptable`, `datablock.not-a-tar`
 */
export async function readEarlierTar(stream: AsyncIterable<Uint8Array>, listed: ListedTar): Promise<ReadTar> {
  if (listed.files.length === 0 || listed.files.length > maximumMembers)
    throw notAdoptable(`a list of 1 to ${maximumMembers} files in the catalogue`, `${listed.files.length}`);
  const whole = createHash('sha256');
  let packedSize = 0;
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) {
      whole.update(chunk);
      packedSize += chunk.length;
      yield chunk;
    }
  };
  const algorithm = algorithmOf(listed.chkAlg);
  const likely = prefixesFor(listed.sourceFolder);
  const own = listed.files.map(({ path }) => listedPath(path, listed.sourceFolder));
  // Names of others are not kept, however many there are.
  const wanted = new Set(likely.flatMap((prefix) => own.map((path) => `${prefix}${path}`)));
  const seen = new Map<string, Seen>();
  let others = 0;
  for await (const member of readForeignTar(watched())) {
    const name = member.name?.replace(/^(\.?\/)+/, '');
    if (name === undefined || !wanted.has(name)) {
      others += 1;
      continue;
    }
    if (seen.has(name)) throw notAdoptable('each file once in the tar', `${JSON.stringify(name)} twice`);
    seen.set(name, await read(member, algorithm));
  }
  const members = membersOf(listed, seen);
  const isChecked = algorithm !== undefined && listed.files.every(({ chk }) => isChecksum(chk));
  return {
    members,
    ...{ sha256: whole.digest('hex'), packedSize },
    checkedBy: isChecked ? 'checksums' : 'sizes',
    unlisted: others + seen.size - members.length,
  };
}

async function read(
  { size, permissions, modifiedAt, offset, content }: ForeignMember,
  algorithm: string | undefined,
): Promise<Seen> {
  const sha256 = createHash('sha256');
  const other: Hash | undefined =
    algorithm === undefined || algorithm === 'sha256' ? undefined : createHash(algorithm);
  for await (const piece of content) {
    sha256.update(piece);
    other?.update(piece);
  }
  const digest = sha256.digest('hex');
  const chk = other === undefined ? digest : other.digest('hex');
  const time = Number.isNaN(modifiedAt.getTime()) ? new Date(0) : modifiedAt;
  return {
    ...{ size, permissions, modifiedAt: time, offset, sha256: digest },
    ...(algorithm === undefined ? {} : { chk }),
  };
}

function membersOf({ files, sourceFolder }: ListedTar, seen: ReadonlyMap<string, Seen>): ManifestMember[] {
  const prefix = prefixOf(files, sourceFolder, seen);
  const paths = new Set<string>();
  const members = files.map(({ path, size, chk }): ManifestMember => {
    const own = listedPath(path, sourceFolder);
    if (paths.has(own))
      throw notAdoptable('each file once in the catalogue', `${JSON.stringify(path)} twice`);
    paths.add(own);
    const { chk: found, ...member } = seen.get(`${prefix}${own}`)!;
    if (member.size !== size)
      throw notAdoptable(`${size} bytes of ${JSON.stringify(path)}`, `${member.size} in the tar`);
    if (found !== undefined && isChecksum(chk) && chk!.toLowerCase() !== found)
      throw notAdoptable(`${JSON.stringify(path)} with the checksum ${chk}`, `${found} in the tar`);
    return { path: own, ...member };
  });
  return members.sort((one, other) => Buffer.compare(Buffer.from(one.path), Buffer.from(other.path)));
}

/** What stands before each listed path in the tar. */
function prefixOf(
  files: readonly ListedFile[],
  sourceFolder: string | undefined,
  seen: ReadonlyMap<string, Seen>,
): string {
  const own = files.map(({ path }) => listedPath(path, sourceFolder));
  const found = prefixesFor(sourceFolder).find((prefix) => own.every((path) => seen.has(`${prefix}${path}`)));
  if (found !== undefined) return found;
  const missing = own.filter((path) => !seen.has(path));
  throw notAdoptable(
    `all ${own.length} listed files in the tar, as they are or below ${JSON.stringify(sourceFolder ?? '')}`,
    `${missing.length} missing, among them ${JSON.stringify(missing.slice(0, maxNamed))}`,
  );
}

/** What tars put before paths: nothing, the source folder, or its last part. */
function prefixesFor(sourceFolder: string | undefined): string[] {
  const folder = (sourceFolder ?? '').replace(/^\/+|\/+$/g, '');
  const last = folder.slice(folder.lastIndexOf('/') + 1);
  return ['', ...(folder === '' ? [] : [`${folder}/`, `${last}/`])];
}

/** SciCat lets anybody write what they like here. */
function isChecksum(chk: string | undefined): boolean {
  return chk !== undefined && /^[0-9a-fA-F]{8,128}$/.test(chk);
}

/** The name by which Node knows it; undefined: nothing can be compared. */
function algorithmOf(written: string | undefined): string | undefined {
  const plain = (written ?? '').toLowerCase().replace(/[-_ ]/g, '');
  const name = { blake2b: 'blake2b512', blake2s: 'blake2s256' }[plain] ?? plain;
  return getHashes().includes(name) ? name : undefined;
}

export function notAdoptable(expected: string, found: string): PermanentError {
  return new PermanentError('archiver.not-adoptable', `Expected ${expected}, found ${found}.`, {
    details: { expected, found },
  });
}
