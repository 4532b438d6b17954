import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { ConfigToken, SharesToken, type ArchiverConfig } from '../../archiver.config.js';
import { TargetNames } from '../../domain/target-names.js';
import { ArchiverStore } from '../archiver-store.js';

/** Milliseconds the database may take for a count. */
const maxTimeMS = 2000;

/** Kinds of work that use long-term storage. */
const touching = ['archive', 'verify', 'repair', 'retrieve', 'discard', 'move'] as const;

/** What is under way on a share, and what its storage tells of itself. */
export interface UseOfShare {
  /** Bytes that are left free there. */
  readonly reserve: number;
  /**
   * Work that has it at this moment; of a share that is drained: what still runs until it is empty. Absent where that is not known:
   * work runs that does not say which shares it needs.
   */
  readonly running?: number;
  /** Media read at once, and those that are being read, where the storage has media. */
  readonly drives?: number;
  readonly cartridges?: readonly string[];
  /** Recalls that wait for a drive. */
  readonly queue?: number;
}

/** Looks at what is done on shares. */
@Injectable()
export class ShareUse {
  constructor(
    private readonly store: ArchiverStore,
    private readonly names: TargetNames,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  async of(name: string): Promise<UseOfShare> {
    const now = this.clock.now();
    const written = this.names.writtenAs(name);
    const held = {
      ...{ state: 'open' as const, dueAt: { $gt: now }, epoch: { $gt: 0 } },
      ...{ waitCode: { $exists: false }, lastFault: { $exists: false } },
    };
    const [named, unnamed] = await Promise.all([
      this.store.works.countDocuments({ ...held, 'needs.targets': { $in: written } }, { maxTimeMS }),
      this.store.works.countDocuments(
        { ...held, needs: { $exists: false }, 'command.kind': { $in: [...touching] } },
        { maxTimeMS, limit: 1 },
      ),
    ]);
    const running = unnamed > 0 ? {} : { running: named };
    const reserve =
      this.config.targets?.find((target) => target.name === name)?.reserve ?? this.config.reserve;
    return { reserve, ...running, ...(await this.mediaOf(name, written, now)) };
  }

  private async mediaOf(
    name: string,
    written: readonly string[],
    now: Date,
  ): Promise<Pick<UseOfShare, 'drives' | 'cartridges' | 'queue'>> {
    const share = this.shares.find((one) => one.name === name);
    if (share === undefined || (share.mediaAtOnce === undefined && !share.knowsPlaces)) return {};
    const turns = await this.store.readerTurns.findOne({ _id: name });
    const queue = await this.store.works.countDocuments(
      { 'place.target': { $in: [...written] }, state: 'open', dueAt: { $lte: now } },
      { maxTimeMS },
    );
    return {
      ...(share.mediaAtOnce === undefined ? {} : { drives: share.mediaAtOnce }),
      cartridges: (turns?.readers ?? []).filter(({ until }) => until > now).map(({ medium }) => medium),
      queue,
    };
  }
}
