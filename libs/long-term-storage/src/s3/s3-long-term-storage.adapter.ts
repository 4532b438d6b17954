import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { messageOf, PermanentError } from '#kernel';
import { S3ObjectStore, type ObjectStore } from '#storage';
import { IdentityFile } from '../identity/storage-identity.js';
import {
  LongTermStorage,
  type FileSetAside,
  type LongTermFile,
  type LongTermReadOptions,
  type LongTermWriteOptions,
  type LongTermWriter,
} from '../long-term-storage.js';
import { asideName, checkedName, checkedPrefix, identityName, partialName } from '../names.js';
import { rangeOf } from '../range.js';
import { registerTarget } from '../targets.js';
import { ColdReading, type ColdOptions } from './cold-reading.js';
import { notFound, storageFault, writerReplaced } from './s3-errors.js';
import { Leftovers } from './s3-leftovers.js';
import { S3Keys } from './s3-keys.js';
import { Pointers, type Pointer } from './s3-pointers.js';
import { S3Writer } from './s3-writer.js';

export interface S3LongTermStorageOptions {
  /** What operators call it. */
  readonly name: string;
  readonly store: ObjectStore;
  /** Never made: a missing bucket is a wrong configuration. */
  readonly bucket: string;
  /** Before all keys, such as `catena/`. Default none. */
  readonly prefix?: string;
  /** Of datablocks; names and identity stay in the bucket's own class. */
  readonly storageClass?: string;
  readonly cold?: ColdOptions;
  /** Bytes of a part, at first. Default 16 MiB; stores refuse less than 5. */
  readonly partBytes?: number;
}

/**
 * Long-term storage in a bucket, in a cold storage class where that is wanted. A file is data under a key that nobody else
 * has, and a small object of its name that points there, which the store itself lets nobody replace. See ADR 0066.
 */
export class S3LongTermStorage extends LongTermStorage {
  private readonly keys: S3Keys;
  private readonly pointers: Pointers;
  private readonly leftovers: Leftovers;
  private readonly reading: ColdReading;
  private readonly store: ObjectStore;
  private readonly bucket: string;

  constructor(private readonly options: S3LongTermStorageOptions) {
    super();
    const { name, store, bucket, prefix = '', cold = {} } = options;
    [this.store, this.bucket] = [store, bucket];
    this.keys = new S3Keys(prefix);
    this.pointers = new Pointers(store, bucket, this.keys, name);
    this.leftovers = new Leftovers(store, bucket, this.keys, this.pointers);
    this.reading = new ColdReading(name, store, bucket, cold);
  }

  override get name(): string {
    return this.options.name;
  }

  override get identity(): IdentityFile {
    return new IdentityFile(this);
  }

  override async create(
    name: string,
    token: string,
    { size }: LongTermWriteOptions = {},
  ): Promise<LongTermWriter> {
    partialName(name, token);
    return this.explained(name, async () => {
      await this.removeUnpublished(name, (writer) => writer === token);
      const { store, bucket, partBytes = 16 * 1024 * 1024 } = this.options;
      // It is read before each step, and nobody waits hours for that.
      const storageClass = name === identityName ? undefined : this.options.storageClass;
      const key = this.keys.newData(name, token);
      const uploadId = await store.beginUpload(
        bucket,
        key,
        storageClass === undefined ? {} : { storageClass },
      );
      return new S3Writer({
        ...{ store, storage: this.name, bucket, name, key, uploadId, storageClass, partBytes, size },
        publish: (size) => this.publish(name, { key, size }),
      });
    });
  }

  override async read(name: string, options: LongTermReadOptions = {}): Promise<Readable> {
    checkedName(name);
    return this.explained(name, async () => {
      const pointer = await this.pointers.of(name);
      const head = pointer === undefined ? undefined : await this.pointers.dataOf(pointer);
      if (pointer === undefined || head === undefined) throw notFound(this.name, name);
      const { start, end } = rangeOf(name, head.size, options);
      const range = { offset: start, length: end - start };
      const { body } = await this.reading.open(pointer.key, name, range, options.signal);
      return Readable.from(this.bytesOf(body, name), { objectMode: false, highWaterMark: 256 * 1024 });
    });
  }

  override async stat(name: string): Promise<{ readonly size: number } | undefined> {
    checkedName(name);
    return this.explained(name, async () => {
      const pointer = await this.pointers.of(name);
      const head = pointer === undefined ? undefined : await this.pointers.dataOf(pointer);
      return head === undefined ? undefined : { size: head.size };
    });
  }

  /** Each file has a key of its own; who overwrites the object there changes its fingerprint. */
  override async markOf(name: string): Promise<string | undefined> {
    checkedName(name);
    return this.explained(name, async () => {
      const pointer = await this.pointers.of(name);
      const head = pointer === undefined ? undefined : await this.pointers.dataOf(pointer);
      return pointer === undefined || head === undefined
        ? undefined
        : `${pointer.key} ${head.size} ${head.etag}`;
    });
  }

  override async remove(name: string): Promise<void> {
    checkedName(name);
    return this.explained(name, async () => {
      const pointer = await this.pointers.of(name);
      if (pointer === undefined || !(await this.pointers.remove(this.keys.pointer(name), pointer))) return;
      await this.removeUnused(name, pointer.key);
    });
  }

  override async setAside(name: string, token: string): Promise<boolean> {
    asideName(name, token);
    return this.explained(name, async () => {
      const pointer = await this.pointers.of(name);
      if (pointer === undefined) return false;
      // A crash in between leaves it under both names; the next try finds it here.
      await this.pointers.keepAside(name, token, pointer);
      await this.pointers.remove(this.keys.pointer(name), pointer);
      return true;
    });
  }

  override async bringBack(name: string, token: string): Promise<boolean> {
    asideName(name, token);
    return this.explained(name, async () => {
      const aside = await this.pointers.aside(name, token);
      if (aside === undefined || (await this.pointers.dataOf(aside)) === undefined) return false;
      await this.publish(name, aside);
      await this.pointers.remove(this.keys.aside(name, token), aside);
      return true;
    });
  }

  override async removeSetAside(name: string, token: string): Promise<void> {
    asideName(name, token);
    return this.explained(name, async () => {
      const aside = await this.pointers.aside(name, token);
      if (aside === undefined) return;
      await this.pointers.remove(this.keys.aside(name, token), aside);
      await this.removeUnused(name, aside.key);
    });
  }

  override async isSetAside(name: string, token: string): Promise<boolean> {
    asideName(name, token);
    return this.explained(name, async () => (await this.pointers.aside(name, token)) !== undefined);
  }

  override async *listSetAside(prefix: string): AsyncGenerator<FileSetAside, void, undefined> {
    checkedPrefix(prefix);
    for await (const { key, size } of this.pointed(this.keys.asidesBelow(prefix), prefix)) {
      const aside = this.keys.asideOf(key);
      if (aside.name.startsWith(prefix)) yield { ...aside, size };
    }
  }

  override async *list(prefix: string): AsyncGenerator<LongTermFile, void, undefined> {
    checkedPrefix(prefix);
    for await (const { key, size } of this.pointed(this.keys.pointer(prefix), prefix)) {
      const name = this.keys.nameOf(key);
      if (name !== identityName) yield { name, size };
    }
  }

  /** A bucket says of no limit; one that is reached shows when something is written. */
  override freeBytes(): Promise<number> {
    return this.explained('', async () => {
      await this.store.head(this.bucket, this.keys.pointer(identityName));
      return Number.MAX_SAFE_INTEGER;
    });
  }

  override async removePartials(
    name: string,
    { exceptToken }: { exceptToken?: string } = {},
  ): Promise<number> {
    checkedName(name);
    if (exceptToken !== undefined) partialName(name, exceptToken);
    return this.explained(name, async () => {
      const claims = await this.pointers.claimsOf(name);
      const kept = `${this.keys.claims(name)}${exceptToken ?? ''}.`;
      await this.store.remove(
        this.bucket,
        claims.filter((claim) => !claim.startsWith(kept)),
      );
      return this.removeUnpublished(name, (writer) => writer !== exceptToken);
    });
  }

  /** A process that removes our bytes, as leftovers of a dead writer, must not meet us naming them. */
  private async publish(name: string, pointer: Pointer): Promise<void> {
    await this.pointers.publish(name, pointer);
    const isDoomed = await this.leftovers.areDoomed(pointer.key, this.keys.pointer(name));
    if (!isDoomed && (await this.pointers.dataOf(pointer)) !== undefined) return;
    await this.unname(name, pointer);
    throw writerReplaced(this.name, name);
  }

  /** @returns how many uploads and unnamed objects there were of these writers */
  private async removeUnpublished(name: string, isDoomed: (token: string) => boolean): Promise<number> {
    const prefix = this.keys.data(name);
    const isOfDoomed = (key: string): boolean => {
      const token = this.keys.writerOf(key, name);
      return token !== undefined && isDoomed(token);
    };
    let removed = 0;
    for await (const { key, uploadId } of this.store.pendingUploads(this.bucket, prefix)) {
      if (!isOfDoomed(key)) continue;
      await this.store.abortUpload(this.bucket, key, uploadId);
      removed += 1;
    }
    const found: string[] = [];
    for await (const { key } of this.store.list(this.bucket, prefix)) if (isOfDoomed(key)) found.push(key);
    removed += await this.leftovers.remove(name, found);
    await this.dropDangling(name);
    return removed;
  }

  private async removeUnused(name: string, key: string): Promise<void> {
    await this.leftovers.remove(name, [key]);
  }

  private async dropDangling(name: string): Promise<void> {
    const pointer = await this.pointers.of(name);
    if (pointer === undefined || (await this.pointers.dataOf(pointer)) !== undefined) return;
    await this.pointers.remove(this.keys.pointer(name), pointer);
  }

  private async unname(name: string, { key }: Pointer): Promise<void> {
    const pointer = await this.pointers.of(name);
    if (pointer?.key === key) await this.pointers.remove(this.keys.pointer(name), pointer);
  }

  private async *pointed(
    keys: string,
    prefix: string,
  ): AsyncGenerator<{ readonly key: string; readonly size: number }, void, undefined> {
    try {
      for await (const { key } of this.store.list(this.bucket, keys)) {
        const pointer = await this.pointers.read(key);
        if (pointer !== undefined) yield { key, size: pointer.size };
      }
    } catch (error) {
      throw storageFault(this.name, prefix, error);
    }
  }

  private async *bytesOf(body: Readable, name: string): AsyncGenerator<Buffer, void, undefined> {
    try {
      for await (const chunk of body) yield chunk as Buffer;
    } catch (error) {
      throw storageFault(this.name, name, error);
    }
  }

  private async explained<T>(name: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw storageFault(this.name, name, error);
    }
  }
}

const seconds = 1000;

/** `endpoint`, `bucket`, `prefix`, `region`, `accessKeyFile`, `secretKeyFile`, `storageClass`, `cold: { days, tier, lookAgain }`. */
registerTarget('s3', (name, options) => {
  const endpoint = options.text('endpoint', 'http(s)://host:port', /^https?:\/\/[^/]+$/);
  const bucket = options.text('bucket', 'a bucket name', /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/);
  const prefix = options.optionalText('prefix', 'a prefix that ends in /', /^([^/]+\/)+$/);
  const region = options.optionalText('region') ?? 'us-east-1';
  const files = [options.folder('accessKeyFile'), options.folder('secretKeyFile')] as const;
  const storageClass = options.optionalText('storageClass', 'capital letters', /^[A-Z][A-Z0-9_]*$/);
  const below = options.below('cold');
  const days = below?.integer('days', 1, 365);
  const tier = below?.optionalText('tier', 'Standard, Bulk or Expedited', /^(Standard|Bulk|Expedited)$/);
  const lookAgain = below?.number('lookAgain', 1, 86_400);
  below?.end();
  return () => {
    const [accessKey, secretKey] = [secretIn(name, files[0]), secretIn(name, files[1])];
    return new S3LongTermStorage({
      ...{ name, bucket, store: new S3ObjectStore({ endpoint, region, accessKey, secretKey }) },
      ...(prefix === undefined ? {} : { prefix }),
      ...(storageClass === undefined ? {} : { storageClass }),
      cold: {
        ...(days === undefined ? {} : { days }),
        ...(tier === undefined ? {} : { tier }),
        ...(lookAgain === undefined ? {} : { lookAgainIn: lookAgain * seconds }),
      },
    });
  };
});

function secretIn(target: string, file: string): string {
  const expected = `Expected a key of target ${target} in the file ${file}`;
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new PermanentError(
      'kernel.configuration',
      `${expected}, found ${messageOf(error)}: correct the path, or let the archiver's user read the file.`,
    );
  }
  if (secret !== '') return secret;
  throw new PermanentError('kernel.configuration', `${expected}, found it empty.`);
}
