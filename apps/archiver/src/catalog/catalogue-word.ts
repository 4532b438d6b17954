import { Inject, Injectable } from '@nestjs/common';
import { CatalogSession } from '#catalog-session';
import { CatenaError, isDirectoryEntry, TransientError } from '#kernel';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';

/** Datablocks asked for at once. */
const page = 500;

/** A datablock as messages name it. */
export interface NamedDatablock {
  readonly pid: string;
  readonly archiveId: string;
}

/** A datablock as the catalogue lists it. */
export interface ListedDatablock {
  readonly _id: string;
  readonly archiveId: string;
  readonly datasetId: string;
  /** Bytes of its file, as whoever registered it wrote. */
  readonly packedSize?: number;
  readonly createdAt?: string;
  readonly updatedAt?: string;
}

export interface DatablockFiles {
  readonly dataFileList?: readonly { readonly path: string; readonly size: number; readonly chk?: string }[];
  readonly chkAlg?: string;
  readonly sourceFolder?: string;
}

type ListedFiles = Omit<DatablockFiles, 'sourceFolder' | 'dataFileList'> & {
  readonly dataFileList?: readonly (Required<DatablockFiles>['dataFileList'][number] & {
    readonly perm?: string;
  })[];
};

/** What the catalogue says now. The archiver asks before it takes anything away, whichever app ordered it. */
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
    await this.has(pid);
    return this.listsAny({ archiveId: { inq: [archiveId] } });
  }

  /**
   * Whether the account sees a datablock of this archive id, of whichever dataset: "no" proves nothing, as nobody has said whose it
   * would be.
   */
  listsName(archiveId: string): Promise<boolean> {
    return this.listsAny({ archiveId: { inq: [archiveId] } });
  }

  /** Whether the catalogue lists it among the datablocks of this dataset, which the account may see. */
  listsOf({ pid, archiveId }: NamedDatablock): Promise<boolean> {
    return this.listsAny({ archiveId: { inq: [archiveId] }, datasetId: { inq: [pid] } });
  }

  /**
   * Archive ids of the datablocks that the catalogue lists for a dataset, in their order, a page at a time.
   *
   * @throws TransientError as `lists`
   */
  async *listedOf(pid: string): AsyncGenerator<string> {
    if (!(await this.has(pid))) return;
    for (let skip = 0; ; skip += page) {
      const filter = {
        ...{ where: { datasetId: { inq: [pid] } }, fields: ['archiveId'] },
        limits: { limit: page, skip, order: 'archiveId:asc' },
      };
      const found = await this.datablocks<{ archiveId: string }>(filter);
      for (const { archiveId } of found) yield archiveId;
      if (found.length < page) return;
    }
  }

  /**
   * All datablocks that the account sees, in the order of their archive ids, a page at a time: each page begins behind the last one, so
   * that what is there all the time comes once.
   */
  async *allListed(): AsyncGenerator<NamedDatablock[]> {
    for (let last = ''; ;) {
      const filter = {
        ...{ where: { archiveId: { gt: last } }, fields: ['archiveId', 'datasetId'] },
        limits: { limit: page, order: 'archiveId:asc' },
      };
      const found = await this.datablocks<{ archiveId: string; datasetId: string }>(filter);
      yield found.map(({ archiveId, datasetId: pid }) => ({ archiveId, pid }));
      if (found.length < page) return;
      last = found.at(-1)!.archiveId;
    }
  }

  /**
   * All datablocks that the catalogue lists, in the order of their ids there.
   *
   * @param after the id of the last one that was seen; empty: from the beginning
   * @throws TransientError as `lists`
   */
  async *datablocksAfter(after: string, pid?: string): AsyncGenerator<ListedDatablock> {
    for (let last = after; ;) {
      const filter = {
        where: { _id: { gt: last }, ...(pid === undefined ? {} : { datasetId: { inq: [pid] } }) },
        fields: ['archiveId', 'datasetId', 'packedSize', 'createdAt', 'updatedAt'],
        limits: { limit: page, order: '_id:asc' },
      };
      const found = await this.datablocks<ListedDatablock>(filter);
      yield* found;
      const next = found.at(-1);
      if (next === undefined || found.length < page) return;
      last = next._id;
    }
  }

  /** The files of one of them, without directories, and where they came from. @throws TransientError as `lists` */
  async filesIn({ archiveId, datasetId }: ListedDatablock): Promise<DatablockFiles | undefined> {
    const filter = {
      where: { archiveId: { inq: [archiveId] }, datasetId: { inq: [datasetId] } },
      fields: ['dataFileList', 'chkAlg'],
      limits: { limit: 1 },
    };
    const [listed] = await this.datablocks<ListedFiles>(filter);
    if (listed === undefined) return undefined;
    const files = listed.dataFileList?.filter((entry) => !isDirectoryEntry(entry));
    const found = { ...listed, ...(files === undefined ? {} : { dataFileList: files }) };
    const { sourceFolder } = await this.session.get<{ sourceFolder?: string }>(
      `/api/v4/datasets/${encodeURIComponent(datasetId)}`,
    );
    return sourceFolder === undefined ? found : { ...found, sourceFolder };
  }

  private async listsAny(where: object): Promise<boolean> {
    const filter = { where, fields: ['archiveId'], limits: { limit: 1 } };
    return (await this.datablocks(filter)).length > 0;
  }

  private datablocks<Found>(filter: object): Promise<Found[]> {
    return this.session.get(`/api/v3/datablocks?filter=${encodeURIComponent(JSON.stringify(filter))}`);
  }

  /**
   * Whether there is such a dataset. An account that may not see a dataset gets an empty list of its datablocks, which is
   * no "there are none".
   *
   * @throws TransientError as `lists`
   */
  async has(pid: string): Promise<boolean> {
    try {
      await this.session.get(`/api/v4/datasets/${encodeURIComponent(pid)}`);
      return true;
    } catch (error) {
      const status = error instanceof CatenaError ? error.details['status'] : undefined;
      if (status === 404) return false;
      if (status === undefined) throw error;
      throw new TransientError(
        'archiver.catalogue-silent',
        `Expected to see dataset ${pid} in the catalogue, found HTTP ${String(status)}: nothing of it is removed before the archiver's account (CATALOG_USERNAME) may see all datasets.`,
        { details: { pid, status }, cause: error },
      );
    }
  }
}
