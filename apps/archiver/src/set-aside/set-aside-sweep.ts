import { Inject, Injectable } from '@nestjs/common';
import { messageOf, PermanentError, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { CatalogueWord } from '../catalog/catalogue-word.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import type { FileAside } from '../persistence/records.js';
import { DataElsewhere } from './data-elsewhere.js';
import { FormerCopies } from './former-copies.js';
import { SetAside } from './set-aside.js';
import {
  broughtBack,
  discardedMeanwhile,
  inOtherHands,
  keptBy,
  removed,
  type Settlement,
} from './settlement.js';

const pause = 60_000;
/** Milliseconds after which a file that could not be dealt with is looked at again, at first and at most. */
const patience = { first: 3_600_000, most: 86_400_000 };

/** Removes what was set aside when its grace period is over, and brings back what the catalogue lists after all. */
@Injectable()
export class SetAsideSweep extends HostedLoop {
  constructor(
    store: ArchiverStore,
    private readonly asides: SetAside,
    private readonly catalogue: CatalogueWord,
    private readonly elsewhere: DataElsewhere,
    private readonly formers: FormerCopies,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      name: 'files set aside',
      pause,
      logger,
      fault: 'could not look for files set aside',
      ready: () => store.whenReady(),
    });
  }

  /** @returns whether there was one */
  async round(): Promise<boolean> {
    const aside = await this.asides.takeDue();
    if (aside === undefined) return false;
    await this.settleTaken(aside);
    return true;
  }

  /**
   * Settles one file now, and no other, for an operator who needs its room.
   *
   * @param withoutOriginals he takes it upon himself that nothing else may be left of a dataset that was reset
   * @returns what became of it; undefined when there is none to be had: it is in other hands
   */
  async settleNow(id: string, withoutOriginals = false): Promise<Settlement | undefined> {
    const aside = await this.asides.takeNow(id, withoutOriginals);
    return aside === undefined ? undefined : this.settleTaken(aside);
  }

  private async settleTaken(taken: FileAside): Promise<Settlement> {
    let aside = taken;
    try {
      return await this.settle(aside, async () => {
        stillMoving();
        this.stopping.throwIfAborted();
        return (aside = await this.asides.keepHold(aside));
      });
    } catch (error) {
      const { archiveId, share, looks = 0 } = aside;
      this.logger.warn({ archiveId, share, error: messageOf(error) }, 'a file stays set aside for now');
      await this.asides.postpone(aside, Math.min(patience.first * 2 ** looks, patience.most));
      return keptBy(error);
    }
  }

  /** @param beat keeps the file in the hands of this sweep */
  private async settle(aside: FileAside, beat: () => Promise<FileAside>): Promise<Settlement> {
    const isFormer = aside.replacedBy !== undefined;
    if (aside.unrecorded === true && aside.withoutOriginals !== true) throw unknownContent(aside);
    // One without a record may be a former, damaged copy: that the catalogue lists the datablock says nothing of these bytes.
    const mayBeFormer = isFormer || aside.unrecorded === true;
    if (mayBeFormer && (await this.formers.fateOf(aside)) === 'removed')
      return this.removeFormer(await beat());
    if (!isFormer && (await this.catalogue.lists(aside))) return this.returnListed(aside);
    if ((aside.reset === true || isFormer) && aside.withoutOriginals !== true) {
      await this.elsewhere.assert(aside, async () => void (await beat()));
      // A proof may take long.
      if (!isFormer && (await this.catalogue.lists(aside))) return this.returnListed(await beat());
    }
    return this.remove(await beat());
  }

  /** Asked once more at the end: a copy may have been found damaged while this one waited for its turn. */
  private async removeFormer(aside: FileAside): Promise<Settlement> {
    return (await this.formers.fateOf(aside)) === 'removed' ? this.remove(aside) : discardedMeanwhile;
  }

  private async remove(aside: FileAside): Promise<Settlement> {
    if (!(await this.asides.remove(aside))) return inOtherHands;
    const { archiveId, pid, share, reason } = aside;
    this.logger.info({ archiveId, pid, share, reason }, 'removed a file that was set aside');
    return removed;
  }

  private async returnListed(aside: FileAside): Promise<Settlement> {
    const { archiveId, pid, share, reason } = aside;
    this.logger.error(
      { archiveId, pid, share, reason },
      'the catalogue lists a datablock that was set aside: it is brought back; find out who discarded it',
    );
    await this.asides.bringBack(aside);
    return broughtBack;
  }
}

function unknownContent({ _id, archiveId, share }: FileAside): PermanentError {
  return new PermanentError(
    'archiver.originals-missing',
    `Expected to know what is in ${archiveId}, which a reconciliation found on ${share} and set aside, found no record of it: it stays until you bring it back, or say that it may go (operations/set-aside/${_id}).`,
    { details: { archiveId, share } },
  );
}
