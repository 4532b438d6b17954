import { Inject, Injectable } from '@nestjs/common';
import { CatalogSession } from '#catalog-session';
import type { DataciteResource } from '#datacite';
import { PermanentError } from '#kernel';
import type { FileLine, Picture, PublicDataset } from '#publication-feed';
import type { Wanted } from '../persistence/records.js';
import { ConfigToken, type PublisherConfig } from '../publisher.config.js';

export interface CatalogRow {
  readonly doi: string;
  readonly version: number;
  readonly wanted: Wanted | 'nothing';
}

export interface CatalogSnapshot extends CatalogRow {
  readonly resource: DataciteResource;
  readonly datasets: readonly PublicDataset[];
  readonly datasetPids: readonly string[];
  readonly pictures: readonly Picture[];
  readonly embargoUntil?: string;
  readonly registeredAt?: string;
  readonly withdrawal?: { readonly at: string; readonly reason: string; readonly replacedBy?: string };
}

export interface CatalogJob {
  readonly id: string;
  readonly statusCode: string;
  readonly statusMessage: string;
  readonly jobResultObject?: {
    readonly result?: readonly {
      readonly datasetId: string;
      readonly archiveId: string;
      readonly size: number;
      readonly sha256: string;
      readonly url: string;
      readonly expiresAt: string;
    }[];
  };
}

/** What publisher reads of the catalogue, and the one thing it asks for: jobs that bring files back. */
@Injectable()
export class CatalogClient {
  private readonly session: CatalogSession;

  constructor(@Inject(ConfigToken) config: PublisherConfig) {
    this.session = new CatalogSession(config.catalog);
  }

  /** @returns undefined when the record is gone */
  async snapshot(doi: string): Promise<CatalogSnapshot | undefined> {
    try {
      return await this.session.get<CatalogSnapshot>(`/api/v4/publications/${encodeURIComponent(doi)}`);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async *files(doi: string): AsyncGenerator<FileLine> {
    for await (const line of this.session.lines(`/api/v4/publications/${encodeURIComponent(doi)}/files`))
      yield JSON.parse(line) as FileLine;
  }

  /** All rows in the order of their DOIs. */
  async *pages(): AsyncGenerator<readonly CatalogRow[]> {
    for (let after = ''; ;) {
      const rows = await this.session.get<CatalogRow[]>(
        `/api/v4/publications?after=${encodeURIComponent(after)}`,
      );
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows;
      after = last.doi;
    }
  }

  /** The same key is the same job, however often it is asked for. */
  recall(type: string, pids: readonly string[], key: string): Promise<CatalogJob> {
    const datasetList = pids.map((pid) => ({ pid, files: [] }));
    return this.session.post<CatalogJob>(
      '/api/v4/jobs',
      { type, jobParams: { datasetList }, ownerGroup: publisherGroup },
      { 'idempotency-key': key },
    );
  }

  progress(id: string): Promise<{ readonly bytesDone?: number; readonly bytesTotal?: number }> {
    return this.session.get(`/api/v4/jobs/${encodeURIComponent(id)}/progress`);
  }

  job(id: string): Promise<CatalogJob> {
    return this.session.get<CatalogJob>(`/api/v4/jobs/${encodeURIComponent(id)}`);
  }
}

/** The group of the publisher's account: jobs it asks for belong to it. */
const publisherGroup = 'catena-publisher';

function isNotFound(error: unknown): boolean {
  return (
    error instanceof PermanentError && error.code === 'catalog.api-refused' && error.details['status'] === 404
  );
}
