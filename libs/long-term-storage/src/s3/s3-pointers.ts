import { backOff, newId, TransientError, wait } from '#kernel';
import type { ObjectStore } from '#storage';
import { alreadyExists, isCode } from './s3-errors.js';
import type { S3Keys } from './s3-keys.js';

/** Where the bytes of a file lie. */
export interface Pointer {
  readonly key: string;
  readonly size: number;
}

interface FoundPointer extends Pointer {
  /** Of the pointer. */
  readonly etag: string;
}

/** Looks for a moment alone, with growing random pauses. */
const maxTries = 20;

/** The small objects that give data their names, and take them away. */
export class Pointers {
  constructor(
    private readonly store: ObjectStore,
    private readonly bucket: string,
    private readonly keys: S3Keys,
    private readonly storage: string,
  ) {}

  of(name: string): Promise<FoundPointer | undefined> {
    return this.read(this.keys.pointer(name));
  }

  aside(name: string, token: string): Promise<FoundPointer | undefined> {
    return this.read(this.keys.aside(name, token));
  }

  async read(key: string): Promise<FoundPointer | undefined> {
    try {
      const { body, etag } = await this.store.open(this.bucket, key);
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk as Buffer);
      const pointer = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Pointer;
      return { key: pointer.key, size: pointer.size, etag };
    } catch (error) {
      if (isCode(error, 'storage.not-found')) return undefined;
      throw error;
    }
  }

  /**
   * Gives data their name, if no other has it. A pointer to nothing, left by a writer whose bytes were removed in between,
   * does not count. Stores that refuse a second object of one key do not all decide that in one step (Swift looks, then
   * writes), so writers that want one name at once first show themselves to each other.
   *
   * @throws PermanentError `long-term-storage.already-exists`
   * @throws TransientError `long-term-storage.busy` while another, or the claim of one that died, is in the way
   */
  async publish(name: string, pointer: Pointer): Promise<void> {
    const claim = `${this.keys.claims(name)}${pointer.key.slice(pointer.key.lastIndexOf('/') + 1)}.${newId()}`;
    for (let tries = 1; tries <= maxTries; tries += 1) {
      if (await this.isTakenBy(name, pointer)) return;
      await this.store.put(this.bucket, claim, Buffer.from(pointer.key), {
        size: Buffer.byteLength(pointer.key),
      });
      try {
        if ((await this.claimsOf(name)).length === 1) return await this.publishAlone(name, pointer);
      } finally {
        await this.store.remove(this.bucket, [claim]);
      }
      await wait(50 + backOff(tries, 100, 3_000));
    }
    throw new TransientError(
      'long-term-storage.busy',
      `Expected to be the only one who writes "${name}" on ${this.storage}, found others again and again. If they have died, removing their partials removes what they left.`,
      { details: { storage: this.storage, name } },
    );
  }

  /** Of writers that are about to give this name to their bytes, or died while they did. */
  async claimsOf(name: string): Promise<string[]> {
    const prefix = this.keys.claims(name);
    const found: string[] = [];
    for await (const { key } of this.store.list(this.bucket, prefix))
      if (!key.slice(prefix.length).includes('/')) found.push(key);
    return found;
  }

  private async publishAlone(name: string, pointer: Pointer): Promise<void> {
    if (await this.isTakenBy(name, pointer)) return;
    try {
      await this.put(this.keys.pointer(name), pointer, true);
    } catch (error) {
      if (!isCode(error, 'storage.already-exists')) throw error;
      // It may be our own, whose answer was lost.
      if (!(await this.isTakenBy(name, pointer))) throw alreadyExists(this.storage, name, error);
    }
  }

  /** @returns whether by this very one. @throws PermanentError `long-term-storage.already-exists` */
  private async isTakenBy(name: string, pointer: Pointer): Promise<boolean> {
    const found = await this.of(name);
    if (found === undefined) return false;
    if (found.key === pointer.key) return true;
    if ((await this.store.head(this.bucket, found.key)) !== undefined)
      throw alreadyExists(this.storage, name);
    await this.remove(this.keys.pointer(name), found);
    return false;
  }

  keepAside(name: string, token: string, pointer: Pointer): Promise<void> {
    return this.put(this.keys.aside(name, token), pointer, false);
  }

  /** Takes a pointer away if it is still this one. @returns false when it is another */
  async remove(key: string, { etag }: FoundPointer): Promise<boolean> {
    return (await this.store.removeUnchanged(this.bucket, [{ key, etag }])).length === 0;
  }

  /** Keys of data that something points to. */
  async usedFor(name: string): Promise<Set<string>> {
    const used = new Set<string>();
    // The name before and after the others: what is set aside or brought back meanwhile is seen in one of both places.
    const note = (pointer: Pointer | undefined): void => void (pointer && used.add(pointer.key));
    note(await this.of(name));
    const prefix = this.keys.asides(name);
    for await (const { key } of this.store.list(this.bucket, prefix)) {
      if (key.slice(prefix.length).includes('/')) continue;
      note(await this.read(key));
    }
    note(await this.of(name));
    return used;
  }

  private async put(key: string, { key: data, size }: Pointer, onlyIfAbsent: boolean): Promise<void> {
    const body = Buffer.from(JSON.stringify({ key: data, size }));
    await this.store.put(this.bucket, key, body, {
      ...{ size: body.length, contentType: 'application/json' },
      ...(onlyIfAbsent ? { onlyIfAbsent } : {}),
    });
  }
}
