import { createHash, randomUUID } from 'node:crypto';
import { isParcelPath, parcelFolder, parcelHead, parcelSize } from '#datablock';
import { inLanes } from '../in-lanes.js';
import { seen, type Journal } from './journal.js';
import type { PutLink } from './landing-zone.js';
import { sendBytes } from './send-bytes.js';
import { counted, patiently, type Transfer } from './send-file.js';
import { SteadyFile } from './steady-file.js';
import type { FoundFile } from './walk.js';

/** A file up to this size costs an object store more than its bytes do. */
const tinyFile = 64 * 2 ** 10;
/** Fewer of them go one by one. */
const fewest = 500;
/** Bytes of a parcel; four of them at once are in memory. */
const maxBytes = 4 * 2 ** 20;
/** What stands of a file before all contents, beside its name. */
const lineBytes = 150;
const files = { atLeast: 64, atMost: 1000 };
/** How many parcels a set of files makes, as far as the limits let it: enough to go side by side. */
const wantedParcels = 100;
const parcelsAtOnce = 4;
const readAtOnce = 8;
const linksAtOnce = 500;

interface Parcel {
  readonly path: string;
  readonly size: number;
  readonly files: readonly FoundFile[];
}

/**
 * Sends tiny files many to an object, when there are many. A store takes as long for ten bytes as for a megabyte.
 *
 * @param names of parcels that an earlier run left: all are written over, if need be with nothing
 * @returns SHA-256 by path of the files that were sent: none when the server does not know parcels
 */
export async function sendParcels(
  transfer: Transfer,
  pending: readonly FoundFile[],
  { journal, names }: { journal: Journal; names: readonly string[] },
): Promise<Map<string, string>> {
  const checksums = new Map<string, string>();
  const tiny = pending.filter(({ path, size }) => size <= tinyFile && !isParcelPath(path));
  // What was begun is written over, however little is left of it.
  if (tiny.length < fewest && names.length === 0) return checksums;
  const waiting = cutParcels(tiny, [...names]);
  for (let first = 0; first < waiting.length; first += linksAtOnce) {
    const parcels = waiting.slice(first, first + linksAtOnce);
    const links = await transfer.landingZone.links(parcels.map(({ path, size }) => ({ path, size })));
    // The files go one by one; what is in older parcels must not stay beside them.
    if (links.some((link) => link.kind !== 'put' || link.parcel !== true)) {
      if (names.length > 0 && first === 0) await sendEmpty(transfer, names, journal);
      return checksums;
    }
    const queue = parcels.map((parcel, index) => ({ parcel, link: links[index] as PutLink }));
    await inLanes(transfer.concurrency ?? parcelsAtOnce, queue, async ({ parcel, link }) => {
      journal.record({ kind: 'parcel', parcel: parcel.path });
      const sent = await sendParcel(transfer, parcel, link);
      journal.record(
        ...sent.map(({ file, sha256 }) => ({
          ...({ kind: 'sent', file: seen(file), sha256, parcel: parcel.path } as const),
        })),
      );
      for (const { file, sha256 } of sent) checksums.set(file.path, sha256);
    });
  }
  return checksums;
}

/**
 * In the order of the paths, as datablocks are: what lies together is archived, and goes, together. Each of the names is
 * written over: where there are more names than groups, the others get none of the files.
 */
export function cutParcels(tiny: readonly FoundFile[], names: string[]): Parcel[] {
  const most = Math.min(files.atMost, Math.max(files.atLeast, Math.ceil(tiny.length / wantedParcels)));
  const groups: FoundFile[][] = [];
  let room = 0;
  for (const file of tiny) {
    const bytes = file.size + Buffer.byteLength(JSON.stringify(file.path)) + lineBytes;
    if (groups.length === 0 || room < bytes || groups.at(-1)!.length === most) {
      groups.push([]);
      room = maxBytes;
    }
    groups.at(-1)!.push(file);
    room -= bytes;
  }
  while (groups.length < names.length) groups.push([]);
  return groups.map((group) => ({
    path: names.shift() ?? `${parcelFolder}/${randomUUID()}`,
    size: parcelSize(group),
    files: group,
  }));
}

/** Writes parcels over with ones of no files, which the archiver removes with the first datablock that it releases. */
async function sendEmpty(transfer: Transfer, names: readonly string[], journal: Journal): Promise<void> {
  for (let first = 0; first < names.length; first += linksAtOnce) {
    const size = parcelSize([]);
    const parcels = names.slice(first, first + linksAtOnce).map((path) => ({ path, size, files: [] }));
    const links = await transfer.landingZone.links(parcels.map(({ path }) => ({ path, size })));
    const queue = parcels.map((parcel, index) => ({ parcel, link: links[index] }));
    await inLanes(transfer.concurrency ?? parcelsAtOnce, queue, async ({ parcel, link }) => {
      if (link?.kind !== 'put') return;
      // First: whatever was said to be in it is so no longer.
      journal.record({ kind: 'parcel', parcel: parcel.path });
      await sendParcel(transfer, parcel, link);
    });
  }
}

interface ReadFile {
  readonly file: FoundFile;
  readonly sha256: string;
  readonly content: Buffer;
}

async function sendParcel(
  transfer: Transfer,
  { path, size, files: wanted }: Parcel,
  link: PutLink,
): Promise<Omit<ReadFile, 'content'>[]> {
  const read = new Map<string, ReadFile>();
  await inLanes(readAtOnce, wanted, async (file) => {
    read.set(file.path, await readWhole(transfer.root, file));
  });
  const sent = wanted.map(({ path: name }) => read.get(name)!);
  const head = parcelHead(sent.map(({ file, sha256 }) => ({ path: file.path, size: file.size, sha256 })));
  const body = Buffer.concat([head, ...sent.map(({ content }) => content)]);
  let { url } = link;
  await patiently(transfer, path, {
    send: async () => {
      // Progress counts the bytes of the files.
      const contents = counted(transfer.bandwidth.paced([body.subarray(head.length)]), transfer.progress);
      const answer = await sendBytes({
        ...{ url, size, body: headed(head, contents.chunks), signal: transfer.landingZone.signal },
      }).catch(contents.takeBack);
      if (answer.status >= 300) contents.undo();
      return answer;
    },
    renew: async () => {
      const [fresh] = await transfer.landingZone.links([{ path, size }]);
      if (fresh?.kind === 'put') url = fresh.url;
    },
  });
  return sent.map(({ file, sha256 }) => ({ file, sha256 }));
}

async function* headed(head: Buffer, contents: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* contents;
}

async function readWhole(root: string, file: FoundFile): Promise<ReadFile> {
  const steady = await SteadyFile.open(root, file);
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of steady.read(0, file.size)) chunks.push(chunk);
    await steady.assertUnchanged();
    const content = Buffer.concat(chunks);
    return { file, content, sha256: createHash('sha256').update(content).digest('hex') };
  } finally {
    await steady.close();
  }
}
