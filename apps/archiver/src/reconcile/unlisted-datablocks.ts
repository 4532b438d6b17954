import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { nothingToRepair, ReconciliationCheck, type Finding, type Look } from '#service-host';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { CatalogueWord } from '../catalog/catalogue-word.js';
import { ReconciledRecords } from '../persistence/reconciled-records.js';
import type { StoredDatablock } from '../persistence/records.js';

/** Datablocks that the archiver has proven and that the catalogue does not list, long after any job of theirs. */
@Injectable()
export class UnlistedDatablocks extends ReconciliationCheck {
  readonly name = 'datablocks that the catalogue lists';
  readonly repair = nothingToRepair;

  constructor(
    private readonly records: ReconciledRecords,
    private readonly catalogue: CatalogueWord,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    for await (const datablock of this.records.verified()) {
      look.looked();
      if (!(await this.isOver(datablock, look))) continue;
      const { _id: archiveId, pid } = datablock;
      if (await this.catalogue.lists({ pid, archiveId })) continue;
      yield {
        ...{ kind: 'datablock-unlisted', subject: archiveId, canRepair: false },
        where: `catalogue, dataset ${pid}`,
        expected: 'a datablock of this archive id',
        found: 'none, and no work that names it any more',
        remedy:
          'restore the datablock in the catalogue, or reset the dataset; job-assembler knows unregistered ones',
      };
    }
  }

  /** Its order is kept as long as it may still be registered. */
  private async isOver({ _id, copies }: StoredDatablock, { oldEnough }: Look): Promise<boolean> {
    const lately = this.clock.now().getTime() - this.config.endedWorkLifetime;
    const before = Math.min(lately, oldEnough.getTime());
    if (copies.some(({ verifiedAt }) => verifiedAt.getTime() > before)) return false;
    return !(await this.records.isNamed(_id));
  }
}
