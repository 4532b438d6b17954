import { backOff, newId, TransientError, wait } from '#kernel';
import type { ListedObject, ObjectHead, ObjectStore } from '#storage';
import { alreadyExists, isCode, pointerInvalid } from './s3-errors.js';
import type { S3Keys } from './s3-keys.js';

/** Where the bytes of a file lie. */
export interface Pointer {
  readonly key: string;
  readonly size: number;
}

export interface FoundPointer extends Pointer {
  /** Of the pointer. */
  readonly etag: string;
}

/** Looks for a moment alone, with growing random pauses. */
const maxTries = 20;
/** A key has at most 1024 bytes. */
const maxPointerBytes = 8192;
/** Milliseconds, by the store's own clock, after which a claim is that of a writer that died: it is for a moment. */
export const maxClaimAge = 900_000;
/** Milliseconds between two looks for data that a pointer points to. */
const looks = [0, 150, 600];

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
      let bytes = 0;
      for await (const chunk of body) {
        bytes += (chunk as Buffer).length;
        if (bytes > maxPointerBytes)
          throw pointerInvalid(this.storage, key, `more than ${maxPointerBytes} bytes`);
        chunks.push(chunk as Buffer);
      }
      return { ...this.parsed(key, Buffer.concat(chunks).toString('utf8')), etag };
    } catch (error) {
      if (isCode(error, 'storage.not-found')) return undefined;
      throw error;
    }
  }

  /**
   * The data that a pointer points to. What is not found at once is looked for again: a store may need a moment to see what was
   * written, and a pointer to nothing is taken away.
   */
  async dataOf({ key }: Pointer): Promise<ObjectHead | undefined> {
    for (const pause of looks) {
      if (pause > 0) await wait(pause);
      const head = await this.store.head(this.bucket, key);
      if (head !== undefined) return head;
    }
    return undefined;
  }

  private parsed(key: string, text: string): Pointer {
    try {
      const { key: data, size } = JSON.parse(text) as Partial<Record<keyof Pointer, unknown>>;
      if (typeof data === 'string' && data !== '' && typeof size === 'number') return { key: data, size };
    } catch {
      // Told below.
    }
    throw pointerInvalid(this.storage, key, JSON.stringify(text.slice(0, 100)));
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
        if (await this.isAlone(name, claim)) return await this.publishAlone(name, pointer);
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

  /** Claims that are far older than our own, as the store saw them come, are of writers that died: they go. */
  private async isAlone(name: string, claim: string): Promise<boolean> {
    const claims = await this.claimed(name);
    const own = claims.find(({ key }) => key === claim)?.modifiedAt.getTime();
    if (own === undefined) return false;
    const dead = claims.filter(({ modifiedAt }) => own - modifiedAt.getTime() > maxClaimAge);
    if (dead.length > 0)
      await this.store.remove(
        this.bucket,
        dead.map(({ key }) => key),
      );
    return claims.length - dead.length === 1;
  }

  /** Of writers that are about to give this name to their bytes, or died while they did. */
  async claimsOf(name: string): Promise<string[]> {
    return (await this.claimed(name)).map(({ key }) => key);
  }

  private async claimed(name: string): Promise<ListedObject[]> {
    const prefix = this.keys.claims(name);
    const found: ListedObject[] = [];
    for await (const claim of this.store.list(this.bucket, prefix))
      if (!claim.key.slice(prefix.length).includes('/')) found.push(claim);
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
    if ((await this.dataOf(found)) !== undefined) throw alreadyExists(this.storage, name);
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
