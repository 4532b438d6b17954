import { codeOf } from '#kernel';
import type { LongTermStorage } from '../long-term-storage.js';
import { identityName } from '../names.js';

/** What a storage says of itself, in a small file of its own that is written once. */
export interface StorageIdentity {
  /** Random, and the same for ever: tells it from any other place that could be mounted there. */
  readonly id: string;
  /** The target it was made for. */
  readonly target: string;
  /** ISO 8601. */
  readonly since: string;
}

const maxBytes = 4096;

/** Another writer's identity is there. */
const tooLate = new Set(['long-term-storage.already-exists', 'long-term-storage.writer-replaced']);

/** Reads and writes the identity of a storage as a file beside its datablocks that no listing shows. */
export class IdentityFile {
  /** @param ready what is to be done before each look, where the storage makes its place itself */
  constructor(
    private readonly storage: LongTermStorage,
    private readonly ready: () => Promise<void> = () => Promise.resolve(),
  ) {}

  /**
   * Undefined when there is none, or a file that says nothing.
   *
   * @param fresh no answer of a moment ago will do, where one is kept
   */
  async read(fresh = false): Promise<StorageIdentity | undefined> {
    void fresh;
    await this.ready();
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of await this.storage.read(identityName, { length: maxBytes }))
        chunks.push(chunk as Buffer);
      return identityIn(Buffer.concat(chunks).toString('utf8'));
    } catch (error) {
      if (codeOf(error, '') === 'long-term-storage.not-found') return undefined;
      throw error;
    }
  }

  /**
   * What a writer that died has left beside it is removed: nobody else looks for it. That of one that writes at this moment goes
   * with it, which then has come too late.
   *
   * @returns false when it has one already, which stays
   */
  async write(identity: StorageIdentity): Promise<boolean> {
    await this.ready();
    const writer = await this.storage.create(identityName, identity.id);
    try {
      await writer.write(Buffer.from(`${JSON.stringify(identity, null, 2)}\n`));
      await writer.commit();
      return true;
    } catch (error) {
      if (tooLate.has(codeOf(error, ''))) return false;
      throw error;
    } finally {
      await writer.discard();
      await this.removeLeftovers();
    }
  }

  /** What writers that died have left beside it. One that writes at this moment comes too late by it. */
  async removeLeftovers(): Promise<void> {
    await this.storage.removePartials(identityName);
  }

  /** Whether no file lies there, set aside or not. */
  async isEmpty(): Promise<boolean> {
    await this.ready();
    for await (const _ of this.storage.list('')) return false;
    for await (const _ of this.storage.listSetAside('')) return false;
    return true;
  }
}

function identityIn(text: string): StorageIdentity | undefined {
  try {
    const { id, target, since } = JSON.parse(text) as Partial<Record<keyof StorageIdentity, unknown>>;
    return typeof id === 'string' && id !== ''
      ? { id, target: String(target ?? ''), since: String(since ?? '') }
      : undefined;
  } catch {
    return undefined;
  }
}
