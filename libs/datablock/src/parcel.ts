import { safeRelativePath } from '#kernel';

/** Where parcels lie in a dataset's part of the landing zone. */
export const parcelFolder = '.catena-parcels';
/** Name and version of the format; a reader leaves alone what it does not know. */
const format = 'catena-parcel-1';
/** Larger objects are not parcels: both sides hold one in memory. */
export const maximumParcelBytes = 16 * 2 ** 20;
const maximumHeadBytes = 8 * 2 ** 20;
const newline = 0x0a;
const digest = /^[0-9a-f]{64}$/;

/** A small file in a parcel. */
export interface ParcelFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** A file and where its bytes begin in the parcel. */
export interface ParcelEntry extends ParcelFile {
  readonly offset: number;
}

export function isParcelPath(path: string): boolean {
  return path.startsWith(`${parcelFolder}/`);
}

/** What stands before the files' bytes, which follow in this order without anything in between. */
export function parcelHead(files: readonly ParcelFile[]): Buffer {
  const list = files.map(({ path, size, sha256 }) => ({ path, size, sha256 }));
  return Buffer.from(`${JSON.stringify({ format, files: list })}\n`);
}

/** Bytes of a parcel, known before its files are read. */
export function parcelSize(files: readonly Omit<ParcelFile, 'sha256'>[]): number {
  const head = parcelHead(files.map(({ path, size }) => ({ path, size, sha256: '0'.repeat(64) })));
  return files.reduce((sum, { size }) => sum + size, head.length);
}

/** What is in a parcel, from its first bytes; undefined when it is none of a known format. */
export async function readParcelHead(
  bytes: AsyncIterable<Uint8Array>,
): Promise<readonly ParcelEntry[] | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    const end = chunk.indexOf(newline);
    chunks.push(end === -1 ? chunk : chunk.subarray(0, end + 1));
    length += chunks.at(-1)!.length;
    if (end !== -1) return entriesIn(Buffer.concat(chunks));
    if (length > maximumHeadBytes) return undefined;
  }
  return undefined;
}

function entriesIn(head: Buffer): readonly ParcelEntry[] | undefined {
  try {
    const parsed = JSON.parse(head.toString('utf8')) as { format?: unknown; files?: unknown };
    if (parsed.format !== format || !Array.isArray(parsed.files)) return undefined;
    let offset = head.length;
    return (parsed.files as ParcelFile[]).map(({ path, size, sha256 }) => {
      if (!Number.isSafeInteger(size) || size < 0 || !digest.test(sha256)) throw new Error('no parcel');
      const entry = { path: safeRelativePath(path), size, sha256, offset };
      offset += size;
      return entry;
    });
  } catch {
    return undefined;
  }
}
