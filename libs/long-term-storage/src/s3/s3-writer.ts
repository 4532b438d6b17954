import { PermanentError } from '#kernel';
import type { ObjectStore, UploadPart } from '#storage';
import type { LongTermWriter } from '../long-term-storage.js';
import { Parts, type FullPart } from './parts.js';
import { isCode, storageFault, writerReplaced } from './s3-errors.js';

/** What a writer needs of its storage. */
export interface S3File {
  readonly store: ObjectStore;
  readonly storage: string;
  readonly bucket: string;
  readonly name: string;
  /** Where its bytes go. */
  readonly key: string;
  readonly uploadId: string;
  readonly storageClass: string | undefined;
  readonly partBytes: number;
  /** Bytes of the whole, where that is known. */
  readonly size: number | undefined;
  /** Gives the bytes their name. */
  publish(size: number): Promise<void>;
}

/** Faults after which bytes have no name. */
const neverNamed = ['long-term-storage.already-exists', 'long-term-storage.writer-replaced'];

/** With the one being filled and those of the front. */
const partsUnderWay = 2;

/** Sends a file in parts while it is written; nobody sees it before its pointer. */
export class S3Writer implements LongTermWriter {
  private state: 'open' | 'failed' | 'closed' = 'open';
  private readonly parts: Parts;
  private readonly sent: UploadPart[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private failure: unknown;
  private isComplete = false;
  /** Its bytes may have their name: whoever has found them there relies on them. */
  private mayBeNamed = false;

  constructor(private readonly file: S3File) {
    this.parts = new Parts(file.name, file.partBytes, file.size);
  }

  get name(): string {
    return this.file.name;
  }

  write(chunk: Buffer): Promise<void> {
    return this.step(async () => {
      for await (const part of this.parts.add(chunk)) await this.send(part);
    });
  }

  writeAt(position: number, chunk: Buffer): Promise<void> {
    return this.step(() => this.parts.overwrite(position, chunk));
  }

  commit(): Promise<void> {
    return this.step(async () => {
      for await (const part of this.parts.finish()) await this.send(part);
      await Promise.all(this.underWay);
      this.assertSent();
      await this.complete();
      this.isComplete = true;
      await this.publish();
      this.state = 'closed';
    });
  }

  private async publish(): Promise<void> {
    this.mayBeNamed = true;
    try {
      await this.file.publish(this.parts.end);
    } catch (error) {
      // Only these say that the name is not ours; after any other fault it may be.
      this.mayBeNamed = !neverNamed.some((code) => isCode(error, code));
      throw error;
    }
  }

  async discard(): Promise<void> {
    if (this.state === 'closed') return;
    this.state = 'closed';
    await Promise.all(this.underWay);
    await this.parts.close();
    // What nobody has named after all goes with the partials of this name.
    if (this.mayBeNamed) return;
    const { store, bucket, key, uploadId, storage, name } = this.file;
    try {
      await store.abortUpload(bucket, key, uploadId);
      // It may also be complete without our knowing; no other writer has this key.
      if (this.isComplete || this.sent.length > 0) await store.remove(bucket, [key]);
    } catch (error) {
      throw storageFault(storage, name, error);
    }
  }

  /** After one failure nothing more is accepted: the bytes are no longer what the caller thinks. */
  private async step(action: () => Promise<void>): Promise<void> {
    if (this.state !== 'open')
      throw new PermanentError(
        'long-term-storage.writer-closed',
        `Expected an open writer of "${this.name}", found it ${this.state}. Discard it and begin again.`,
      );
    try {
      await action();
    } catch (error) {
      if (this.state === 'open') this.state = 'failed';
      throw this.faultOf(error);
    }
  }

  private async send({ number: partNumber, content }: FullPart): Promise<void> {
    const { store, bucket, key, uploadId } = this.file;
    const sending: Promise<void> = store
      .sendPart(bucket, key, { uploadId, partNumber }, content)
      .then((part) => void this.sent.push(part))
      .catch((error: unknown) => void (this.failure ??= error))
      .finally(() => content.close())
      .finally(() => this.underWay.delete(sending));
    this.underWay.add(sending);
    if (this.underWay.size >= partsUnderWay) await Promise.race(this.underWay);
    this.assertSent();
  }

  private assertSent(): void {
    if (this.failure !== undefined) throw this.failure as Error;
  }

  private async complete(): Promise<void> {
    const { store, bucket, key, uploadId, storageClass } = this.file;
    const size = this.parts.end;
    if (size === 0) {
      // No store makes an object of no parts. The list of them shows whether the upload is still ours.
      await store.uploadedParts(bucket, key, uploadId);
      await store.abortUpload(bucket, key, uploadId);
      const options = storageClass === undefined ? { size } : { size, storageClass };
      await store.put(bucket, key, Buffer.alloc(0), options);
      return;
    }
    try {
      await store.completeUpload(bucket, key, uploadId, this.sent);
    } catch (error) {
      // Repeated after its answer was lost: no other writer has this key.
      const isDone = isCode(error, 'storage.upload-not-found');
      if (!isDone || (await store.head(bucket, key))?.size !== size) throw error;
    }
  }

  private faultOf(error: unknown): unknown {
    const { storage, name } = this.file;
    return isCode(error, 'storage.upload-not-found')
      ? writerReplaced(storage, name, error)
      : storageFault(storage, name, error);
  }
}
