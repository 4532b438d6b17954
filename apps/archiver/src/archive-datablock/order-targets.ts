import { Inject, Injectable } from '@nestjs/common';
import type { ArchiveDatablockV1 } from '#contracts';
import { PermanentError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { SharesToken } from '../archiver.config.js';
import { targetAway } from '../domain/missing-targets.js';
import { TargetNames } from '../domain/target-names.js';

/** The storages that the copies of an archival go to. */
@Injectable()
export class OrderTargets {
  constructor(
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    private readonly names: TargetNames = new TargetNames(),
  ) {}

  /**
   * In the order of the command.
   *
   * @param without names of those that have a copy already
   * @throws TransientError `archiver.target-away`; PermanentError `archiver.too-few-shares`
   */
  of(
    { archiveId, copies, targets: named }: ArchiveDatablockV1,
    count = copies,
    without: readonly string[] = [],
  ): readonly LongTermStorage[] {
    const all = named === undefined ? this.shares : this.named(archiveId, named);
    const targets = all.filter(({ name }) => !without.includes(name)).slice(0, count);
    if (targets.length === count) return targets;
    // Another archiver may have more of them.
    if (named === undefined && this.names.hasOthers(this.served))
      throw targetAway(archiveId, [], this.served, `${count - targets.length} more targets`);
    throw new PermanentError(
      'archiver.too-few-shares',
      `Expected ${count} shares for ${count} copies, found ${targets.length} (LTS_ROOTS, or the targets of the order). Configure more of them, or fewer copies.`,
    );
  }

  /** The first of these that this archiver has. @throws TransientError `archiver.target-away` */
  oneOf(archiveId: string, names: readonly string[]): LongTermStorage {
    for (const name of names) {
      const share = this.shares.find((one) => one.name === name);
      if (share !== undefined) return share;
    }
    throw targetAway(archiveId, names, this.served);
  }

  private named(archiveId: string, names: readonly string[]): readonly LongTermStorage[] {
    const found = names.map((name) => this.shares.find((share) => share.name === this.names.nameOf(name)));
    const missing = names.filter((_, index) => found[index] === undefined);
    if (missing.length === 0) return found as LongTermStorage[];
    throw targetAway(archiveId, missing, this.served);
  }

  private get served(): string[] {
    return this.shares.map(({ name }) => name);
  }
}
