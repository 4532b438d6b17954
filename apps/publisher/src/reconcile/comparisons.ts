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

  /** Rows of withdrawn records come with their reasons: the tombstone needs them. */
  async *catalogueRows(): AsyncGenerator<CatalogRow & Pick<CatalogSnapshot, 'withdrawal'>> {
    for await (const row of this.catalog.rows()) {
      if (row.wanted !== 'withdrawn') yield row;
      else yield { ...row, ...withdrawalOf(await this.catalog.snapshot(row.doi)) };
    }
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

function withdrawalOf(snapshot: CatalogSnapshot | undefined): Pick<CatalogSnapshot, 'withdrawal'> {
  return snapshot?.withdrawal === undefined ? {} : { withdrawal: snapshot.withdrawal };
}
