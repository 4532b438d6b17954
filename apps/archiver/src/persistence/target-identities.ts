import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import type { IdentityMemory } from '#long-term-storage';
import { isDuplicateKey } from '#persistence';
import { ArchiverStore } from './archiver-store.js';

/** Who said that a share is the right one, and why. */
export interface Adoption {
  readonly by: string;
  readonly reason: string;
}

/** Which identity each storage has had since it was first used, or since an operator adopted it. */
@Injectable()
export class TargetIdentities implements IdentityMemory {
  constructor(
    private readonly store: ArchiverStore,
    private readonly clock: Clock,
  ) {}

  now(): Date {
    return this.clock.now();
  }

  async known(name: string): Promise<string | undefined> {
    return (await this.all.findOne({ _id: name }))?.identity;
  }

  async remember(name: string, identity: string): Promise<string> {
    try {
      await this.all.updateOne(
        { _id: name },
        { $setOnInsert: { identity, since: this.clock.now() } },
        { upsert: true },
      );
    } catch (error) {
      // Another archiver was faster, or another target has this identity: then there is none under this name.
      if (!isDuplicateKey(error)) throw error;
    }
    return (await this.known(name)) ?? '';
  }

  async wasUsed(name: string): Promise<boolean> {
    const [copies, asides] = await Promise.all([
      this.store.datablocks.countDocuments({ 'copies.share': name }, { limit: 1 }),
      this.store.asides.countDocuments({ share: name }, { limit: 1 }),
    ]);
    return copies + asides > 0;
  }

  /** The target that has this identity. */
  async holderOf(identity: string): Promise<string | undefined> {
    return (await this.all.findOne({ identity }))?._id;
  }

  /** @returns false when another target has the identity */
  async adopt(name: string, identity: string, { by, reason }: Adoption): Promise<boolean> {
    try {
      await this.all.updateOne(
        { _id: name },
        { $set: { identity, since: this.clock.now(), adopted: { by, reason } } },
        { upsert: true },
      );
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** Of a target that is no longer configured: another has its place. */
  async forget(name: string, identity: string): Promise<void> {
    await this.all.deleteOne({ _id: name, identity });
  }

  private get all() {
    return this.store.targets;
  }
}
