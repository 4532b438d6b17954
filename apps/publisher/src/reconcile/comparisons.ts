import { Injectable } from '@nestjs/common';
import { FeedClient, feedLimits, type DigestRow } from '#publication-feed';
import { CatalogClient, type CatalogRow, type CatalogSnapshot } from '../catalog/catalog-client.js';
import type { DoiState } from '../persistence/records.js';
import { DataciteClient } from '../registry/datacite-client.js';
import { readBackDigest } from '../registry/doi-registration.js';

/** What the other three places say. */
@Injectable()
export class Comparisons {
  constructor(
    private readonly catalog: CatalogClient,
    private readonly feed: FeedClient,
    private readonly datacite: DataciteClient,
  ) {}

  /** Many rows at a time, to be compared with one read of our own. */
  cataloguePages(): AsyncGenerator<readonly CatalogRow[]> {
    return this.catalog.pages();
  }

  /** Of a record that was withdrawn: the tombstone needs it. */
  async withdrawalOf(doi: string): Promise<CatalogSnapshot['withdrawal']> {
    return (await this.catalog.snapshot(doi))?.withdrawal;
  }

  async *publicRows(): AsyncGenerator<DigestRow> {
    for (let after = ''; ;) {
      const rows = await this.feed.digest(after, feedLimits.digestRows);
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.doi;
    }
  }

  async isInCatalogue(doi: string): Promise<boolean> {
    const snapshot = await this.catalog.snapshot(doi);
    return snapshot !== undefined && snapshot.wanted !== 'nothing';
  }

  async registered(doi: string): Promise<{ state: DoiState; digest: string } | undefined> {
    const there = await this.datacite.get(doi);
    return there === undefined ? undefined : { state: there.state, digest: readBackDigest(there) };
  }
}
