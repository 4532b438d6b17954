import { Inject, Injectable } from '@nestjs/common';
import { CatalogSession } from '#catalog-session';
import { CatenaError, stillMoving, TransientError } from '#kernel';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';

export interface CatalogJob {
  readonly id: string;
  readonly jobParams: {
    readonly datasetList?: readonly { readonly pid: string; readonly files: readonly string[] }[];
  };
}

export interface CatalogDataset {
  readonly pid: string;
  readonly sourceFolder: string;
  readonly ownerGroup?: string;
  readonly proposalId?: string | null;
  readonly proposalIds?: readonly (string | null)[] | null;
  readonly instrumentId?: string | null;
  readonly instrumentIds?: readonly (string | null)[] | null;
  /** Bytes of its files, as the catalogue counts them. */
  readonly size?: number | null;
  readonly classification?: string | null;
}

export interface CatalogFile {
  readonly path: string;
  readonly size: number;
  readonly time: string;
  readonly chk?: string;
  readonly perm?: string;
  readonly type?: string;
}

interface FileBlock {
  readonly _id: string;
  readonly chkAlg?: string;
  readonly dataFileList: readonly CatalogFile[];
}

export interface CatalogDatablock {
  readonly _id: string;
  readonly archiveId: string;
  readonly size: number;
  readonly packedSize: number;
}

/** A datablock with the files in it; those of earlier systems may have none listed. */
export interface ListedDatablock extends CatalogDatablock {
  readonly dataFileList?: readonly Pick<CatalogFile, 'path' | 'size' | 'perm'>[] | null;
}

/** Files on a page, about: a block of files, or a datablock, may list 50 000 of them, or one. */
const filesOfPage = 20_000;
const datablockPage = 200;
/** Bytes of the ids that one question is about: they stand in its address, and proxies take addresses of 8 KiB. */
const idsAtOnce = 4096;

/** Reads file lists from catalog-api, as the service account that may see all datasets and write none; jobs only where it was told too little. */
@Injectable()
export class CatalogClient {
  private readonly session: CatalogSession;

  constructor(@Inject(ConfigToken) config: JobAssemblerConfig) {
    this.session = new CatalogSession(config.catalog);
  }

  job(id: string): Promise<CatalogJob> {
    return this.get(`/api/v4/jobs/${encodeURIComponent(id)}`);
  }

  dataset(pid: string): Promise<CatalogDataset> {
    return this.get(`/api/v4/datasets/${encodeURIComponent(pid)}`);
  }

  /** Bytes of all files of some datasets, packed or not, as the catalogue counts them. */
  async bytesOf(pids: readonly string[], kind: 'size' | 'packedSize'): Promise<number> {
    let bytes = 0;
    for (const some of portions(pids)) {
      const filter = {
        where: { pid: { $in: some } },
        fields: ['pid', kind],
        limits: { limit: some.length, sort: { _id: 'asc' } },
      };
      const found = await this.get<{ size?: number; packedSize?: number }[]>(
        `/api/v4/datasets?filter=${encodeURIComponent(JSON.stringify(filter))}`,
      );
      for (const dataset of found) bytes += dataset[kind] ?? 0;
      stillMoving();
    }
    return bytes;
  }

  /** Whose a proposal is; undefined when there is none of this id, or it may not be seen. */
  async proposalGroup(id: string): Promise<string | undefined> {
    try {
      return (await this.get<{ ownerGroup?: string }>(`/api/v3/proposals/${encodeURIComponent(id)}`))
        .ownerGroup;
    } catch (error) {
      const status = error instanceof CatenaError ? error.details['status'] : undefined;
      if (status === 404 || status === 403) return undefined;
      throw error;
    }
  }

  /** Those of some pids that datasets have. */
  async existing(pids: readonly string[]): Promise<string[]> {
    if (pids.length === 0) return [];
    const filter = {
      where: { pid: { $in: pids } },
      fields: ['pid'],
      limits: { limit: pids.length, sort: { _id: 'asc' } },
    };
    const found = await this.get<{ pid: string }[]>(
      `/api/v4/datasets?filter=${encodeURIComponent(JSON.stringify(filter))}`,
    );
    return found.map(({ pid }) => pid);
  }

  /**
   * Blocks of files in the order of their ids, a few at a time.
   *
   * @throws TransientError `assembly.list-moving` at the end, when these are not all of them
   */
  fileBlocks(pid: string): AsyncGenerator<FileBlock> {
    return this.whole(pid, 'origdatablocks', this.fileBlockPages(pid));
  }

  /** Datablocks in the order of their ids; throws as `fileBlocks` does. */
  datablocks(pid: string): AsyncGenerator<CatalogDatablock> {
    return this.whole(
      pid,
      'datablocks',
      this.datablockPages(pid, ['archiveId', 'size', 'packedSize'], new PageSize(datablockPage)),
    );
  }

  /** The same with their lists of files, a few at a time. */
  listedDatablocks(pid: string): AsyncGenerator<ListedDatablock> {
    const fields = ['archiveId', 'size', 'packedSize', 'dataFileList'];
    return this.whole(pid, 'datablocks', this.datablockPages(pid, fields, new PageSize()));
  }

  /** A list that was read only in part must not be planned as a whole one. */
  private async *whole<Block>(
    pid: string,
    kind: 'origdatablocks' | 'datablocks',
    blocks: AsyncGenerator<Block>,
  ): AsyncGenerator<Block> {
    let seen = 0;
    for await (const block of blocks) {
      seen += 1;
      yield block;
    }
    const { count } = await this.get<{ count: number }>(
      `/api/v3/datasets/${encodeURIComponent(pid)}/${kind}/count`,
    );
    if (count !== seen)
      throw new TransientError(
        'assembly.list-moving',
        `Expected ${count} ${kind} of dataset ${pid}, found ${seen} while reading them: they are being written at this moment, trying again.`,
      );
  }

  private async *fileBlockPages(pid: string): AsyncGenerator<FileBlock> {
    const size = new PageSize();
    for (let after = ''; ;) {
      const limit = size.next;
      const filter = {
        where: { datasetId: pid, _id: { $gt: after } },
        fields: ['dataFileList', 'chkAlg'],
        limits: { limit, sort: { _id: 'asc' } },
      };
      const blocks = await this.get<FileBlock[]>(
        `/api/v4/origdatablocks?filter=${encodeURIComponent(JSON.stringify(filter))}`,
      );
      yield* blocks;
      const last = blocks.at(-1);
      if (last === undefined || blocks.length < limit) return;
      size.learn(blocks);
      after = last._id;
    }
  }

  private async *datablockPages(
    pid: string,
    fields: readonly string[],
    size: PageSize,
  ): AsyncGenerator<ListedDatablock> {
    for (let after = ''; ;) {
      const limit = size.next;
      // Values inside a list are not cast by v3, and a pid may look like a date.
      const where = { datasetId: { inq: [pid] }, ...(after === '' ? {} : { and: [{ _id: { gt: after } }] }) };
      const filter = {
        where,
        fields,
        limits: { limit, order: '_id:asc' },
      };
      const page = await this.get<ListedDatablock[]>(
        `/api/v3/datablocks?filter=${encodeURIComponent(JSON.stringify(filter))}`,
      );
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < limit) return;
      size.learn(page);
      after = last._id;
    }
  }

  private get<Answer>(path: string): Promise<Answer> {
    return this.session.get<Answer>(path);
  }
}

/** How many blocks the next page has: those to come are taken to be as long as the longest of those before. */
class PageSize {
  next: number;

  /** @param fixed of blocks without their files */
  constructor(private readonly fixed?: number) {
    this.next = fixed ?? 1;
  }

  learn(blocks: readonly { readonly dataFileList?: readonly unknown[] | null }[]): void {
    if (this.fixed !== undefined) return;
    const longest = Math.max(1, ...blocks.map(({ dataFileList }) => dataFileList?.length ?? 0));
    this.next = Math.max(1, Math.min(datablockPage, Math.floor(filesOfPage / longest)));
  }
}

/** As many ids as an address holds; one that fills it alone comes alone. */
function* portions(pids: readonly string[]): Generator<string[]> {
  let some: string[] = [];
  let length = 0;
  for (const pid of pids) {
    const more = encodeURIComponent(JSON.stringify(pid)).length + 3;
    if (some.length > 0 && length + more > idsAtOnce) {
      yield some;
      [some, length] = [[], 0];
    }
    some.push(pid);
    length += more;
  }
  if (some.length > 0) yield some;
}
