import type { FileLine } from '#contracts';
import { isParcelPath, maximumParcelBytes, parcelFolder, readParcelHead, type ParcelEntry } from '#datablock';
import { CatenaError, PermanentError } from '#kernel';
import type { ObjectRange, ObjectStore, ObjectVersion } from '#storage';

const headsAtOnce = 8;
/**
 * Parcels held in memory, and as many on their way there: files are read in the order of their paths, and a few are opened
 * ahead.
 */
const held = 4;

/** A file of a datablock, and the parcel of the landing zone that holds it. */
interface Place extends ObjectVersion {
  readonly offset: number;
  readonly size: number;
  /** All files of the parcel are wanted: it is one of now, and goes with its datablocks. */
  readonly isWhole: boolean;
}

/** Small files that came to the landing zone many to an object. A file counts by its checksum, not by its name alone. */
export class LandedParcels {
  private readonly places = new Map<string, Place>();
  private readonly bodies = new Map<string, Promise<Buffer>>();
  /** Keys of parcels that were loaded: none is loaded twice. */
  private readonly loaded = new Set<string>();
  private loading = 0;

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

  /**
   * A file's bytes: of the whole parcel while there is room for it, else by themselves.
   *
   * @throws PermanentError `storage.not-found`, `storage.object-changed`
   */
  async read(place: Place): Promise<Buffer> {
    const { offset, size } = place;
    if (size === 0) return Buffer.alloc(0);
    const body = this.bodies.get(place.key) ?? this.beginLoading(place);
    if (body === undefined) return this.bytesOf(place, { offset, length: size }, size);
    // A copy: a slice would keep the whole parcel.
    return Buffer.from((await body).subarray(offset, offset + size));
  }

  private async look(prefix: string, wanted: ReadonlySet<string>): Promise<void> {
    const keys = this.store.list(this.bucket, `${prefix}/${parcelFolder}/`)[Symbol.asyncIterator]();
    const lane = async (): Promise<void> => {
      for (let next = await keys.next(); next.done !== true; next = await keys.next()) {
        const { key, size } = next.value;
        if (size > maximumParcelBytes) continue;
        const head = await headOf(this.store, this.bucket, key);
        if (head?.entries !== undefined) this.note(key, head.etag, head.entries, wanted);
      }
    };
    await Promise.all(Array.from({ length: headsAtOnce }, lane));
  }

  private note(
    key: string,
    etag: string,
    entries: readonly ParcelEntry[],
    wanted: ReadonlySet<string>,
  ): void {
    // What lies in the folder of parcels is never in one: by its key a file is known to have an object of its own.
    const found = entries.filter((entry) => !isParcelPath(entry.path) && wanted.has(nameOf(entry)));
    const isWhole = found.length === entries.length;
    for (const entry of found) {
      const { offset, size } = entry;
      if (isWhole || !this.places.has(nameOf(entry)))
        this.places.set(nameOf(entry), { key, etag, offset, size, isWhole });
    }
  }

  /** Undefined for one that was loaded before, and while as many as there is room for are on their way. */
  private beginLoading({ key, etag }: ObjectVersion): Promise<Buffer> | undefined {
    if (this.loaded.has(key) || this.loading >= held) return undefined;
    this.loaded.add(key);
    this.loading += 1;
    const body = this.bytesOf({ key, etag }).finally(() => (this.loading -= 1));
    this.bodies.set(key, body);
    // A parcel that could not be read is asked for again by the next file.
    body.catch(() => this.bodies.delete(key));
    for (const known of this.bodies.keys()) {
      if (this.bodies.size <= held) break;
      this.bodies.delete(known);
    }
    return body;
  }

  /** @param expected bytes; without it, all there are */
  private async bytesOf(
    { key, etag }: ObjectVersion,
    range?: ObjectRange,
    expected?: number,
  ): Promise<Buffer> {
    const open = await this.store.open(this.bucket, key, range).catch((error: unknown) => {
      if (error instanceof CatenaError && error.code === 'storage.range-invalid') throw this.changed(key);
      throw error;
    });
    // Looked at first: what lies there now may be of any size.
    if (open.etag !== etag) {
      open.body.destroy();
      throw this.changed(key);
    }
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of open.body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      // It grew between the listing and the look at what is in it.
      if (length > maximumParcelBytes) throw this.changed(key);
    }
    if (expected !== undefined && length !== expected) throw this.changed(key);
    return Buffer.concat(chunks);
  }

  private changed(key: string): PermanentError {
    return new PermanentError(
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
