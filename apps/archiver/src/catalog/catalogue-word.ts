import { Inject, Injectable } from '@nestjs/common';
import { CatalogSession } from '#catalog-session';
import { CatenaError, TransientError } from '#kernel';
import type { ArchiverConfig } from '../archiver.config.js';
import { ConfigToken } from '../archiver.tokens.js';

/** A datablock as messages name it. */
export interface NamedDatablock {
  readonly pid: string;
  readonly archiveId: string;
}

/** What is asked of a dataset. */
interface SeenDataset {
  readonly sourceFolder: string;
  readonly isRetrievable: boolean;
}

/** What the catalogue says now. The archiver asks before it takes anything away, whoever told it to. */
@Injectable()
export class CatalogueWord {
  private readonly session: CatalogSession;

  constructor(@Inject(ConfigToken) config: ArchiverConfig) {
    this.session = new CatalogSession(config.catalog);
  }

  /**
   * Whether the catalogue lists a datablock under this archive id, of whichever dataset.
   *
   * @throws TransientError `catalog.api-away`, `archiver.catalogue-silent` when the answer would prove nothing
   */
  async lists({ pid, archiveId }: NamedDatablock): Promise<boolean> {
    await this.dataset(pid);
    return this.listsOf({ archiveId: { inq: [archiveId] } });
  }

  /** Whether the catalogue lists any datablock of a dataset that the account may see. */
  listsAny(pid: string): Promise<boolean> {
    return this.listsOf({ datasetId: { inq: [pid] } });
  }

  private async listsOf(where: object): Promise<boolean> {
    const filter = { where, fields: ['archiveId'], limits: { limit: 1 } };
    const found = await this.session.get<unknown[]>(
      `/api/v3/datablocks?filter=${encodeURIComponent(JSON.stringify(filter))}`,
    );
    return found.length > 0;
  }

  /**
   * Undefined when there is none. An account that may not see a dataset gets an empty list of its datablocks, which is
   * no "there are none".
   *
   * @throws TransientError as `lists`
   */
  async dataset(pid: string): Promise<SeenDataset | undefined> {
    try {
      const { sourceFolder = '', datasetlifecycle } = await this.session.get<{
        sourceFolder?: string;
        datasetlifecycle?: { retrievable?: boolean };
      }>(`/api/v4/datasets/${encodeURIComponent(pid)}`);
      return { sourceFolder, isRetrievable: datasetlifecycle?.retrievable === true };
    } catch (error) {
      const status = error instanceof CatenaError ? error.details['status'] : undefined;
      if (status === 404) return undefined;
      if (status === undefined) throw error;
      throw new TransientError(
        'archiver.catalogue-silent',
        `Expected to see dataset ${pid} in the catalogue, found HTTP ${String(status)}: nothing of it is removed before the archiver's account (CATALOG_USERNAME) may see all datasets.`,
        { details: { pid, status }, cause: error },
      );
    }
  }
}
