import { Injectable } from '@nestjs/common';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { BadRequest } from '../domain/errors.js';
import { Catalogue } from '../persistence/catalogue.js';
import type { DatasetRecord } from '../persistence/records.js';

const relations = ['origdatablocks', 'datablocks'] as const;
/** Relations whose collections come with a later part of the surface: known names, nothing to add yet. */
const empty = ['instruments', 'proposals', 'attachments', 'samples'] as const;

/** Adds related records to datasets: one query a relation, filtered by what the caller may see. */
@Injectable()
export class DatasetIncludes {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
  ) {}

  async add(
    caller: Caller | undefined,
    datasets: DatasetRecord[],
    include: readonly string[],
  ): Promise<void> {
    const wanted = include.includes('all') ? [...relations, ...empty] : include;
    for (const relation of wanted) {
      if (relation === 'origdatablocks' || relation === 'datablocks')
        await this.addBlocks(caller, datasets, relation);
      else if (!(empty as readonly string[]).includes(relation)) {
        throw new BadRequest(
          `Provided include field ${JSON.stringify(relation)} is not part of the dataset relations`,
        );
      }
    }
  }

  private async addBlocks(
    caller: Caller | undefined,
    datasets: DatasetRecord[],
    relation: 'origdatablocks' | 'datablocks',
  ): Promise<void> {
    const condition = both(
      { datasetId: { $in: datasets.map(({ pid }) => pid) } },
      this.rules.visible(caller, { sharedWith: false }),
    );
    const blocks =
      relation === 'datablocks'
        ? await this.catalogue.datablocks.find(condition).toArray()
        : await this.catalogue.origDatablocks.find(condition).toArray();
    for (const dataset of datasets)
      dataset[relation] = blocks.filter((block) => block.datasetId === dataset.pid);
  }
}
