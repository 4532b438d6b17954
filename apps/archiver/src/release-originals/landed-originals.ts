import { parcelFolder, parcelSize } from '#datablock';
import type { ObjectStore, ObjectVersion } from '#storage';
import { headOf } from '../originals/landed-parcels.js';
import { unlessLost } from '#claim-check';
import type { DatablockLists } from '../originals/datablock-lists.js';
import type { OriginalLine } from '../originals/read-versions.js';
import type { StoredDatablock } from '../persistence/records.js';
import type { ReleasedDatablocks } from './released-datablocks.js';

const emptyParcelBytes = parcelSize([]);

/** An object of the landing zone that may go, and how many files of the datablock were read from it. */
interface Going extends ObjectVersion {
  readonly files: number;
}

interface Parcel extends ObjectVersion {
  /** Those of the datablock. */
  readonly files: number;
  /** Names of files that no proven datablock is known to have. */
  readonly unproven: Set<string>;
}

interface Release {
  readonly going: Going[];
  /** Files of parcels that have gone already. */
  gone: number;
  /** Keys of parcels that are others now. */
  readonly kept: string[];
}

/** The objects of the landing zone that a datablock was read from: which of them may go, and their removal. */
export class LandedOriginals {
  constructor(
    private readonly datablocks: ReleasedDatablocks,
    private readonly lists: DatablockLists,
    private readonly objects: ObjectStore,
    private readonly bucket: string,
  ) {}

  /**
   * A file's own object goes with its datablock. A parcel holds files of others, too: it goes when every file in it is, with
   * the same bytes, in a datablock that is proven; the last of these datablocks finds that to be so.
   */
  async releaseOf(
    datablock: StoredDatablock,
    { read, prefixes }: { readonly read: readonly OriginalLine[]; readonly prefixes: readonly string[] },
    signal: AbortSignal,
  ): Promise<Release> {
    const single = read.filter((line) => !isFromParcel(line));
    const release: Release = {
      ...{ going: single.map(({ key, etag }) => ({ key, etag, files: 1 })), gone: 0, kept: [] },
    };
    const parcels = await this.parcelsOf(read, release, signal);
    await this.prove(datablock, parcels, signal);
    for (const { key, etag, files, unproven } of parcels)
      if (unproven.size === 0) release.going.push({ key, etag, files });
    release.going.push(...(await this.emptyParcels(prefixes)));
    return release;
  }

  /** Left by an upload that was interrupted and needed fewer parcels afterwards: no datablock was read from them. */
  private async emptyParcels(prefixes: readonly string[]): Promise<Going[]> {
    const found: Going[] = [];
    for (const prefix of prefixes)
      for await (const { key, size } of this.objects.list(this.bucket, `${prefix}/${parcelFolder}/`)) {
        if (size !== emptyParcelBytes) continue;
        const head = await headOf(this.objects, this.bucket, key);
        if (head?.entries?.length === 0) found.push({ key, etag: head.etag, files: 0 });
      }
    return found;
  }

  /** @returns the keys that hold something else now */
  remove(versions: readonly ObjectVersion[]): Promise<string[]> {
    return this.objects.removeUnchanged(this.bucket, versions);
  }

  /** The parcels as they were read. What became of the others goes into the release; nothing removes them. */
  private async parcelsOf(
    read: readonly OriginalLine[],
    release: Release,
    signal: AbortSignal,
  ): Promise<Parcel[]> {
    const lines = new Map<string, OriginalLine[]>();
    for (const line of read.filter(isFromParcel)) {
      const known = lines.get(line.key);
      if (known === undefined) lines.set(line.key, [line]);
      else known.push(line);
    }
    const own = new Set(lines.size === 0 ? [] : read.map(nameOf));
    const parcels: Parcel[] = [];
    for (const [key, found] of lines) {
      signal.throwIfAborted();
      const [{ etag } = { etag: '' }, files] = [found[0], found.length];
      const head = await headOf(this.objects, this.bucket, key);
      if (head === undefined) release.gone += files;
      else if (head.etag !== etag || head.entries === undefined) release.kept.push(key);
      else
        parcels.push({
          ...{ key, etag, files },
          unproven: new Set(head.entries.map(nameOf).filter((name) => !own.has(name))),
        });
    }
    return parcels;
  }

  private async prove(
    datablock: StoredDatablock,
    parcels: readonly Parcel[],
    signal: AbortSignal,
  ): Promise<void> {
    const isOpen = (): boolean => parcels.some(({ unproven }) => unproven.size > 0);
    if (!isOpen()) return;
    for await (const reference of this.datablocks.othersProven(datablock)) {
      signal.throwIfAborted();
      for (const line of (await unlessLost(this.lists.linesOf<OriginalLine>(reference))) ?? [])
        for (const { unproven } of parcels) unproven.delete(nameOf(line));
      if (!isOpen()) return;
    }
  }
}

/** A file's own object is named after it, below the folder of its dataset; a parcel never holds a file of its own name. */
function isFromParcel({ key, path }: OriginalLine): boolean {
  return key.slice(key.indexOf('/') + 1) !== path;
}

function nameOf({ path, sha256 }: { readonly path: string; readonly sha256: string }): string {
  return `${sha256} ${path}`;
}
