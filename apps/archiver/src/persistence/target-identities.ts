import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import type { IdentityMemory } from '#long-term-storage';
import { isDuplicateKey, isThere } from '#persistence';
import { TargetNames } from '../domain/target-names.js';
import { ArchiverStore } from './archiver-store.js';

/** Who said that a share is the right one, and why. */
export interface Adoption {
  readonly by: string;
  readonly reason: string;
  /** The audit entry of it. */
  readonly entry?: string;
}

/** Which identity each storage has had since it was first used, or since an operator adopted it. */
@Injectable()
export class TargetIdentities implements IdentityMemory {
  constructor(
    private readonly store: ArchiverStore,
    private readonly clock: Clock,
    private readonly names: TargetNames = new TargetNames(),
  ) {}

  now(): Date {
    return this.clock.now();
  }

  isConfigured(name: string): boolean {
    return this.names.isConfigured(name);
  }

  async known(name: string): Promise<string | undefined> {
    const found = await this.all.find({ _id: { $in: this.names.writtenAs(name) } }).toArray();
    // The name that it has now counts before those of before.
    return (found.find(({ _id }) => _id === name) ?? found[0])?.identity;
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
    const written = this.names.writtenAs(name);
    const [copies, asides] = await Promise.all([
      isThere(this.store.datablocks, { 'copies.share': { $in: written } }),
      isThere(this.store.asides, { share: { $in: written } }),
    ]);
    return copies || asides;
  }

  /** The target that has this identity. */
  async holderOf(identity: string): Promise<string | undefined> {
    const holder = (await this.all.findOne({ identity }))?._id;
    return holder === undefined ? undefined : this.names.nameOf(holder);
  }

  /** What an operator adopted under this audit entry. */
  async adoptedUnder(_id: string, entry: string): Promise<string | undefined> {
    return (await this.all.findOne({ _id, 'adopted.entry': entry }))?.identity;
  }

  /** What is remembered under this very name, and no other. */
  async recorded(name: string): Promise<string | undefined> {
    return (await this.all.findOne({ _id: name }))?.identity;
  }

  /**
   * @param seen what was recorded under the name when the operator's word was weighed: a newer word is not painted over
   * @returns `twice` when another target has the identity; `overtaken` when something else was recorded since
   */
  async adopt(
    name: string,
    identity: string,
    { by, reason, entry }: Adoption,
    seen: string | undefined,
  ): Promise<'adopted' | 'twice' | 'overtaken'> {
    try {
      // The same share under its name of before.
      const [, ...former] = this.names.writtenAs(name);
      await this.all.deleteOne({ _id: { $in: former }, identity });
      const { matchedCount } = await this.all.updateOne(
        { _id: name, identity: seen ?? { $exists: false } },
        {
          $set: {
            identity,
            since: this.clock.now(),
            adopted: { by, reason, ...(entry === undefined ? {} : { entry }) },
          },
        },
        { upsert: seen === undefined },
      );
      // What was to be inserted is, or is a duplicate.
      return seen === undefined || matchedCount > 0 ? 'adopted' : 'overtaken';
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return (await this.recorded(name)) === seen ? 'twice' : 'overtaken';
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
