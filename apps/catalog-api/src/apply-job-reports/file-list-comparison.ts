import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import type { DatablockLine } from '#contracts';
import { parseManifest } from '#datablock';
import { listedPath, PermanentError, stillMoving } from '#kernel';
import { wholeListById } from '#persistence';
import { Catalogue } from '../persistence/catalogue.js';
import type { DatasetRecord, OrigDatablockRecord } from '../persistence/records.js';

/** Files that a refusal names of each kind. */
const maxNamed = 5;
/** Blocks a look: one may list 50 000 files. */
const blockPage = 4;

type ListedBlock = Pick<OrigDatablockRecord, '_id' | 'dataFileList'>;
type OwnerOfFiles = Pick<DatasetRecord, 'pid' | 'sourceFolder'>;

/** A file by its path inside the dataset. */
export interface FileOfDataset {
  readonly path: string;
  readonly size: number;
}

/** Compares what lies on long-term storage with what the catalogue lists, at the moment of registration or later. */
@Injectable()
export class FileListComparison {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly claimChecks: ClaimChecks,
  ) {}

  /**
   * Every file counts as path and size, and of each a digest is kept: half a million files fit.
   *
   * @throws PermanentError `catalog.file-list-differs`
   */
  async check(dataset: DatasetRecord, lines: readonly DatablockLine[]): Promise<void> {
    const { unlisted, unarchived } = await this.difference(dataset, this.membersOf(lines));
    if (unarchived.count === 0 && unlisted.size === 0) return;
    const surplus = new Names();
    if (unlisted.size > 0)
      for await (const member of this.membersOf(lines))
        if (unlisted.has(markOf(member))) surplus.add(member.path);
    throw new PermanentError(
      'catalog.file-list-differs',
      `Expected the datablocks of ${dataset.pid} to hold exactly the files that the catalogue lists, found ${unarchived.count} listed and not archived${unarchived.some}, ${surplus.count} archived and not listed with this size${surplus.some}: the file list changed while the job ran. Retry the job.`,
    );
  }

  /** Whether these are exactly the files that the catalogue lists for the dataset. */
  async isWhole(dataset: OwnerOfFiles, archived: AsyncIterable<FileOfDataset>): Promise<boolean> {
    const { unlisted, unarchived } = await this.difference(dataset, archived);
    return unarchived.count === 0 && unlisted.size === 0;
  }

  private async difference(dataset: OwnerOfFiles, archived: AsyncIterable<FileOfDataset>) {
    const unlisted = new Set<string>();
    for await (const file of archived) unlisted.add(markOf(file));
    const unarchived = new Names();
    for await (const file of this.listedFiles(dataset))
      if (!unlisted.delete(markOf(file))) unarchived.add(file.path);
    return { unlisted, unarchived };
  }

  private async *membersOf(lines: readonly DatablockLine[]): AsyncGenerator<FileOfDataset> {
    for (const { manifest } of lines) {
      yield* parseManifest((await this.claimChecks.read(manifest)).toString('utf8')).members;
      stillMoving();
    }
  }

  private async *listedFiles({ pid, sourceFolder }: OwnerOfFiles): AsyncGenerator<FileOfDataset> {
    // A list that was read only in part looks like one with fewer files.
    const blocks = wholeListById<ListedBlock>(
      this.catalogue.origDatablocks,
      { datasetId: pid },
      { projection: { 'dataFileList.path': 1, 'dataFileList.size': 1 }, page: blockPage },
    );
    for await (const { dataFileList } of blocks) {
      for (const { path, size } of dataFileList) yield { path: listedPath(path, sourceFolder), size };
      stillMoving();
    }
  }
}

/** How many, and the first few of them. */
class Names {
  count = 0;
  private readonly first: string[] = [];

  add(name: string): void {
    this.count += 1;
    if (this.first.length < maxNamed) this.first.push(JSON.stringify(name.slice(0, 200)));
  }

  get some(): string {
    if (this.count === 0) return '';
    return ` (${this.first.join(', ')}${this.count > this.first.length ? ', …' : ''})`;
  }
}

function markOf({ path, size }: FileOfDataset): string {
  return createHash('sha256').update(`${size} ${path}`).digest('base64').slice(0, 22);
}
