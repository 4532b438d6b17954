import { newId, TransientError } from '#kernel';
import type { LongTermStorage } from '../long-term-storage.js';
import type { IdentityFile, StorageIdentity } from './storage-identity.js';

/** What an installation remembers of its storages. */
export interface IdentityMemory {
  /** The id that the storage of this name had when it was made known. */
  known(name: string): Promise<string | undefined>;
  /** Makes an id known unless there is one. @returns the one that is known now */
  remember(name: string, id: string): Promise<string>;
  /** When an identity comes to be. */
  now(): Date;
  /** Whether anything was ever archived there. */
  wasUsed(name: string): Promise<boolean>;
}

/** `unidentified`: from before identities, and nobody has adopted it yet; it is trusted as it was then. */
export type IdentityStanding = 'known' | 'unidentified' | 'not-needed';

/**
 * Whether a storage is the one that copies were written to. An empty folder in its place, or another target's, must never
 * count as a loss of data: until the right one is back, the storage is away.
 */
export class IdentityCheck {
  private known: string | undefined;
  private isTidy = false;

  constructor(
    private readonly storage: LongTermStorage,
    private readonly memory: IdentityMemory,
  ) {}

  /**
   * @param asks asks the database also where the identity is the one it had: an operator may have adopted another share since,
   * on another host, and whatever is written here would be lost
   * @param fresh asks the storage though it answered a moment ago: what it says it has not must be said by itself
   * @throws TransientError `long-term-storage.other-share`
   */
  async assert(asks = false, fresh = false): Promise<IdentityStanding> {
    const file = this.storage.identity;
    if (file === undefined) return 'not-needed';
    const found = await file.read(fresh);
    if (!asks && found !== undefined && found.id === this.known) return 'known';
    this.known = await this.memory.known(this.storage.name);
    if (this.known === undefined) return this.firstContact(found);
    if (found?.id === this.known) {
      await this.tidy(file);
      return 'known';
    }
    throw otherShare(
      this.storage.name,
      `with the identity ${this.known} it has had`,
      found === undefined ? await this.withoutIdentity() : wordsFor(found),
    );
  }

  /** Once a start: who died while it wrote an identity beside the one that is known left a file that nobody else looks for. */
  private async tidy(file: IdentityFile): Promise<void> {
    if (this.isTidy) return;
    this.isTidy = true;
    // On one that cannot be written to it stays until the next start.
    await file.removeLeftovers().catch(() => undefined);
  }

  private async firstContact(found: StorageIdentity | undefined): Promise<IdentityStanding> {
    const { name } = this.storage;
    if (found !== undefined) return this.introduced(found, await this.memory.wasUsed(name));
    const file = this.storage.identity;
    // From before identities: the file is written when an operator says that this is the share.
    if (file === undefined || !(await file.isEmpty())) return 'unidentified';
    if (await this.memory.wasUsed(name))
      throw otherShare(name, 'with the datablocks that were archived there', 'an empty one');
    const identity = { id: newId(), target: name, since: this.memory.now().toISOString() };
    if (await file.write(identity)) return this.remember(identity);
    const theirs = await file.read();
    if (theirs !== undefined) return this.introduced(theirs, await this.memory.wasUsed(name));
    throw otherShare(name, 'without an identity, or with one', 'one whose .catena-target says nothing');
  }

  private introduced(found: StorageIdentity, wasUsed: boolean): Promise<IdentityStanding> {
    const { name } = this.storage;
    if (found.target !== name)
      throw otherShare(name, 'without an identity, or with its own', wordsFor(found));
    if (wasUsed) throw otherShare(name, 'that nobody identified since copies went there', wordsFor(found));
    return this.remember(found);
  }

  private async remember(identity: StorageIdentity): Promise<IdentityStanding> {
    this.known = await this.memory.remember(this.storage.name, identity.id);
    // Another archiver may have met another share under this name in the same moment.
    if (this.known === identity.id) return 'known';
    throw otherShare(this.storage.name, `with the identity ${this.known} it has had`, wordsFor(identity));
  }

  private async withoutIdentity(): Promise<string> {
    const isEmpty = await this.storage.identity?.isEmpty();
    return isEmpty === true ? 'an empty one without an identity' : 'one without an identity';
  }
}

function wordsFor({ id, target, since }: StorageIdentity): string {
  return `that of target ${JSON.stringify(target)} with the identity ${id} (since ${since})`;
}

function otherShare(name: string, expected: string, found: string): TransientError {
  return new TransientError(
    'long-term-storage.other-share',
    `Expected the share ${name} ${expected}, found ${found}: it is not mounted, or another is in its place. Nothing on it counts as lost. Mount the right one, and work goes on by itself; if this is the right one, adopt it (docs/storage-systems.md).`,
    { away: true, details: { storage: name } },
  );
}
