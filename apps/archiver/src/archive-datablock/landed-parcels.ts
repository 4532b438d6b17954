import type { FileLine } from '#contracts';
import { maximumParcelBytes, parcelFolder, readParcelHead, type ParcelEntry } from '#datablock';
import { CatenaError, PermanentError } from '#kernel';
import type { ObjectStore, ObjectVersion } from '#storage';

const headsAtOnce = 8;
/** Parcels held in memory: files are read in the order of their paths, and a few are opened ahead. */
const held = 4;

/** A file of a datablock, and the parcel of the landing zone that holds it. */
interface Place extends ObjectVersion {
  readonly offset: number;
  readonly size: number;
}

/** Small files that came to the landing zone many to an object. A file counts by its checksum, not by its name alone. */
export class LandedParcels {
  private readonly places = new Map<string, Place>();
  private readonly bodies = new Map<string, Promise<Buffer>>();

  private constructor(
    private readonly store: ObjectStore,
    private readonly bucket: string,
  ) {}

  /** What parcels below the prefixes hold of these files. */
  static async holding(
    files: readonly FileLine[],
    { store, bucket, prefixes }: { store: ObjectStore; bucket: string; prefixes: readonly string[] },
  ): Promise<LandedParcels> {
    const parcels = new LandedParcels(store, bucket);
    const wanted = new Set(files.flatMap((file) => (file.sha256 === undefined ? [] : [nameOf(file)])));
    for (const prefix of wanted.size === 0 ? [] : prefixes) await parcels.look(prefix, wanted);
    return parcels;
  }

  placeOf(file: FileLine): Place | undefined {
    return this.places.get(nameOf(file));
  }

  /** @throws PermanentError `storage.not-found`, `storage.object-changed` */
  async read(place: Place): Promise<Buffer> {
    const body = await this.bodyOf(place);
    return body.subarray(place.offset, place.offset + place.size);
  }

  private async look(prefix: string, wanted: ReadonlySet<string>): Promise<void> {
    const keys = this.store.list(this.bucket, `${prefix}/${parcelFolder}/`)[Symbol.asyncIterator]();
    const lane = async (): Promise<void> => {
      for (let next = await keys.next(); next.done !== true; next = await keys.next()) {
        const { key, size } = next.value;
        if (size > maximumParcelBytes) continue;
        const head = await headOf(this.store, this.bucket, key);
        for (const entry of head?.entries ?? [])
          if (wanted.has(nameOf(entry)))
            this.places.set(nameOf(entry), {
              ...{ key, etag: head!.etag, offset: entry.offset, size: entry.size },
            });
      }
    };
    await Promise.all(Array.from({ length: headsAtOnce }, lane));
  }

  private bodyOf(version: ObjectVersion): Promise<Buffer> {
    const known = this.bodies.get(version.key);
    if (known !== undefined) return known;
    const body = this.load(version);
    this.bodies.set(version.key, body);
    // A parcel that could not be read is asked for again by the next file.
    body.catch(() => this.bodies.delete(version.key));
    for (const key of this.bodies.keys()) {
      if (this.bodies.size <= held) break;
      this.bodies.delete(key);
    }
    return body;
  }

  private async load({ key, etag }: ObjectVersion): Promise<Buffer> {
    const open = await this.store.open(this.bucket, key);
    // Looked at first: what lies there now may be of any size.
    if (open.etag !== etag) open.body.destroy();
    else {
      const chunks: Buffer[] = [];
      for await (const chunk of open.body) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    }
    throw new PermanentError(
      'storage.object-changed',
      `Expected the parcel "${key}" in "${this.bucket}" to stay the same while it is read, found another one. Retry the job.`,
      { details: { bucket: this.bucket, key } },
    );
  }
}

/** What is in a parcel, and in which version of it; nothing is in an object that is no parcel. Undefined: there is no object. */
export async function headOf(
  store: ObjectStore,
  bucket: string,
  key: string,
): Promise<{ readonly etag: string; readonly entries: readonly ParcelEntry[] | undefined } | undefined> {
  try {
    const { body, etag } = await store.open(bucket, key);
    return { etag, entries: await readParcelHead(body) };
  } catch (error) {
    if (error instanceof CatenaError && error.code === 'storage.not-found') return undefined;
    throw error;
  }
}

function nameOf({ path, size, sha256 }: Pick<FileLine, 'path' | 'size' | 'sha256'>): string {
  return `${sha256} ${size} ${path}`;
}
