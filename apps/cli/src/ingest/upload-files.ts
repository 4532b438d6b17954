import { countText, Failure, type Output } from '#command-line';
import type { Bandwidth } from '../bandwidth.js';
import { inLanes } from '../in-lanes.js';
import { isSame, seen, type Journal } from './journal.js';
import { partWindow, type LandingZone, type MultipartLink, type UploadLink } from './landing-zone.js';
import { sendFile, type Transfer } from './send-file.js';
import { sendLargeFile } from './send-large-file.js';
import { sendParcels } from './send-parcels.js';
import type { FoundFile, Tree } from './walk.js';

/** The server's own limit for one request; a file above it comes back with links for parts. */
const smallFile = 64 * 2 ** 20;
const filesAtOnce = 6;
const linksAtOnce = 500;

export interface UploadResult {
  /** SHA-256 by path, of every file of the tree. */
  readonly checksums: ReadonlyMap<string, string>;
  readonly sent: number;
  readonly alreadyThere: number;
}

/** Brings every file of the tree into the landing zone, except those an earlier run has brought and nobody changed since. */
export async function uploadFiles({
  root,
  tree,
  landingZone,
  journal,
  output,
  bandwidth,
  concurrency,
}: {
  root: string;
  tree: Tree;
  landingZone: LandingZone;
  journal: Journal;
  output: Output;
  bandwidth: Bandwidth;
  concurrency: number | undefined;
}): Promise<UploadResult> {
  const { checksums, freeParcels } = await sentBefore(tree, landingZone, journal);
  const alreadyThere = checksums.size;
  const pending = tree.files.filter(({ path }) => !checksums.has(path));
  if (alreadyThere > 0)
    output.say(
      `${countText(alreadyThere, 'file')} of ${tree.files.length} had arrived before the interruption`,
    );
  const progress = output.progress(
    'sending',
    pending.reduce((sum, { size }) => sum + size, 0),
  );
  const transfer: Transfer = { root, landingZone, progress, bandwidth, concurrency };
  const done = (file: FoundFile, sha256: string): void => {
    journal.record({ kind: 'sent', file: seen(file), sha256 });
    checksums.set(file.path, sha256);
  };
  try {
    const inParcels = await sendParcels(transfer, pending, { journal, names: freeParcels });
    for (const [path, sha256] of inParcels) checksums.set(path, sha256);
    const small = pending.filter(({ path, size }) => size <= smallFile && !inParcels.has(path));
    for (let first = 0; first < small.length; first += linksAtOnce)
      await sendBatch(transfer, small.slice(first, first + linksAtOnce), done);
    for (const file of pending.filter(({ size }) => size > smallFile))
      done(file, await sendLargeFile(transfer, file, await beginOrContinue(landingZone, journal, file)));
  } finally {
    progress.end();
  }
  return { checksums, sent: pending.length, alreadyThere };
}

/**
 * The journal's word counts only for files that are unchanged here and present there. A parcel counts as a whole: one with a
 * file that is another now is sent anew under its name, so that nothing old stays behind.
 */
async function sentBefore(
  tree: Tree,
  landingZone: LandingZone,
  { state: { sent, parcels } }: Journal,
): Promise<{ checksums: Map<string, string>; freeParcels: string[] }> {
  const checksums = new Map<string, string>();
  if (sent.size === 0) return { checksums, freeParcels: [...parcels] };
  const arrived = await landingZone.arrived();
  const files = new Map(tree.files.map((file) => [file.path, file]));
  const broken = new Set<string>();
  for (const { file, parcel } of sent.values()) {
    const now = files.get(file.path);
    const same = now !== undefined && isSame(file, seen(now));
    if (parcel !== undefined && !(same && arrived.has(parcel))) broken.add(parcel);
  }
  const inUse = new Set<string>();
  for (const { file, sha256, parcel } of sent.values()) {
    const now = files.get(file.path);
    if (now === undefined || !isSame(file, seen(now))) continue;
    if (parcel === undefined ? arrived.get(file.path) !== file.size : broken.has(parcel)) continue;
    checksums.set(file.path, sha256);
    if (parcel !== undefined) inUse.add(parcel);
  }
  return { checksums, freeParcels: [...parcels].filter((parcel) => !inUse.has(parcel)) };
}

async function sendBatch(
  transfer: Transfer,
  files: readonly FoundFile[],
  done: (file: FoundFile, sha256: string) => void,
): Promise<void> {
  const links = new Map(
    (await transfer.landingZone.links(files.map(({ path, size }) => ({ path, size })))).map((link) => [
      link.path,
      link,
    ]),
  );
  await inLanes(transfer.concurrency ?? filesAtOnce, files, async (file) =>
    done(file, await sendFile(transfer, file, putLink(links.get(file.path), file))),
  );
}

async function beginOrContinue(
  landingZone: LandingZone,
  journal: Journal,
  file: FoundFile,
): Promise<MultipartLink> {
  const { path, size } = file;
  const before = journal.state.uploads.get(path);
  if (before !== undefined && isSame(before.file, seen(file))) {
    // An upload that has ended or was thrown away is begun again.
    const links = await landingZone
      .links([{ path, size, uploadId: before.uploadId, partCount: partWindow }])
      .catch((error: unknown) => {
        if (error instanceof Failure && error.outcome === 'usage') return [];
        throw error;
      });
    if (links[0]?.kind === 'multipart') return links[0];
  } else if (before !== undefined) await landingZone.abort(path, before.uploadId);
  const [link] = await landingZone.links([{ path, size, partCount: partWindow }]);
  if (link?.kind !== 'multipart') throw unexpected(file);
  journal.record({ kind: 'upload', file: seen(file), uploadId: link.uploadId });
  return link;
}

function putLink(link: UploadLink | undefined, file: FoundFile): Extract<UploadLink, { kind: 'put' }> {
  if (link?.kind !== 'put') throw unexpected(file);
  return link;
}

function unexpected({ path, size }: FoundFile): Failure {
  return new Failure(
    'failed',
    `The server gave no usable link for ${path} (${size} bytes): command line and server do not fit together.`,
  );
}
