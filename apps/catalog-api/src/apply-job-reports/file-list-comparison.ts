import { Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import type { DatablockLine } from '#contracts';
import { isDirectoryEntry, listedPath, stillMoving } from '#kernel';
import { wholeListById } from '#persistence';
import { fileListDifference, membersOf, refuseDifference, type FileOfDataset } from '#scicat-words';
import { Catalogue } from '../persistence/catalogue.js';
import type { DatasetRecord, OrigDatablockRecord } from '../persistence/records.js';

/** Blocks a look: one may list 50 000 files. */
const blockPage = 4;
/** Of a block whose files are compared: permissions tell files from directories. */
export const comparedFields = {
  ...({ 'dataFileList.path': 1, 'dataFileList.size': 1, 'dataFileList.perm': 1 } as const),
};

type ListedBlock = Pick<OrigDatablockRecord, '_id' | 'dataFileList'>;
type OwnerOfFiles = Pick<DatasetRecord, 'pid' | 'sourceFolder'>;

/** Compares what lies on long-term storage with what the catalogue lists, at the moment of registration or later. */
@Injectable()
export class FileListComparison {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly claimChecks: ClaimChecks,
  ) {}

  /** @throws PermanentError `catalog.file-list-differs` */
  check(dataset: DatasetRecord, lines: readonly DatablockLine[]): Promise<void> {
    return refuseDifference(dataset.pid, this.listedFiles(dataset), () => membersOf(this.claimChecks, lines));
  }

  /** Whether these are exactly the files that the catalogue lists for the dataset. */
  async isWhole(dataset: OwnerOfFiles, archived: AsyncIterable<FileOfDataset>): Promise<boolean> {
    const { unlisted, unarchived } = await fileListDifference(this.listedFiles(dataset), archived);
    return unarchived.count === 0 && unlisted.size === 0;
  }

  private async *listedFiles({ pid, sourceFolder }: OwnerOfFiles): AsyncGenerator<FileOfDataset> {
    // A list that was read only in part looks like one with fewer files.
    const blocks = wholeListById<ListedBlock>(
      this.catalogue.origDatablocks,
      { datasetId: pid },
      { projection: comparedFields, page: blockPage },
    );
    for await (const { dataFileList } of blocks) {
      for (const entry of dataFileList)
        if (!isDirectoryEntry(entry)) yield { path: listedPath(entry.path, sourceFolder), size: entry.size };
      stillMoving();
    }
  }
}
