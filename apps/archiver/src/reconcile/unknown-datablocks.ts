import { Injectable } from '@nestjs/common';
import { nothingToRepair, ReconciliationCheck, type Finding, type Look } from '#service-host';
import { CatalogueWord, type NamedDatablock } from '../catalog/catalogue-word.js';
import { ReconciledRecords } from '../persistence/reconciled-records.js';

/** Datablocks that the catalogue lists and the archiver has never heard of: an earlier system has written them, or records were lost. */
@Injectable()
export class UnknownDatablocks extends ReconciliationCheck {
  readonly name = 'datablocks of the catalogue';
  readonly repair = nothingToRepair;

  constructor(
    private readonly records: ReconciledRecords,
    private readonly catalogue: CatalogueWord,
  ) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    for await (const some of this.catalogue.allListed()) {
      const known = await this.records.known(some.map(({ archiveId }) => archiveId));
      for (const datablock of some) {
        look.looked();
        if (known.has(datablock.archiveId) || (await this.records.isNamed(datablock.archiveId))) continue;
        // A record comes before the catalogue hears of a datablock, and goes long after: it need not be looked for again.
        yield findingOf(datablock);
      }
    }
  }
}

function findingOf({ archiveId, pid }: NamedDatablock): Finding {
  return {
    ...{
      kind: 'datablock-not-ours',
      subject: archiveId,
      where: `catalogue, dataset ${pid}`,
      canRepair: false,
    },
    expected: 'a record of archiver',
    found: 'none: an earlier system has archived it, or the database of archiver was lost',
    remedy: 'not ours: adopt it, or restore the database; nothing of it is changed here',
  };
}
