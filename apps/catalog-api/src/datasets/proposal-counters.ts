import { Injectable } from '@nestjs/common';
import { Catalogue } from '../persistence/catalogue.js';

type Ids = readonly (string | null | undefined)[];

/** `numberOfDatasets` of proposals. One operation of the database a change, so that none is lost between requests. */
@Injectable()
export class ProposalCounters {
  constructor(private readonly catalogue: Catalogue) {}

  /** A dataset names these proposals now. Ids without a proposal count nothing. */
  async added(proposalIds: Ids): Promise<void> {
    await this.count(proposalIds, 1);
  }

  /** A dataset names these proposals no longer. */
  async removed(proposalIds: Ids): Promise<void> {
    await this.count(proposalIds, -1);
  }

  private async count(proposalIds: Ids, difference: 1 | -1): Promise<void> {
    const ids = [...new Set(proposalIds)].filter((id) => typeof id === 'string');
    if (ids.length === 0) return;
    await this.catalogue.proposals.updateMany(
      { _id: { $in: ids } },
      { $inc: { numberOfDatasets: difference } },
    );
  }
}
