import { Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import type { SelectionLine } from '#contracts';
import { isDirectoryEntry, listedPath, NamedFiles, PermanentError, stillMoving } from '#kernel';
import type { WorkOrder } from '../aggregates/records.js';
import { CatalogClient, type CatalogDataset, type ListedDatablock } from '../catalog/catalog-client.js';
import type { Plan } from './dataset-drafts.js';

/** Names that an error repeats. */
const maxNamed = 10;
/** Characters of each. */
const shownCharacters = 200;

/** A datablock to be read, or the files of it that are wanted. */
export type ToRead = Pick<WorkOrder, 'archiveId' | 'bytes' | 'selection'>;

type Files = NonNullable<ListedDatablock['dataFileList']>;

/** Which datablocks of a dataset are to be read, and which files of them: from their lists in the catalogue, a few at a time. */
@Injectable()
export class DatablocksToRead {
  constructor(
    private readonly catalog: CatalogClient,
    private readonly claimChecks: ClaimChecks,
  ) {}

  /** @throws PermanentError `assembly.not-archived` */
  async *all(pid: string): AsyncGenerator<ToRead> {
    let count = 0;
    for await (const { archiveId, packedSize } of this.catalog.datablocks(pid)) {
      count += 1;
      yield { archiveId, bytes: packedSize };
    }
    if (count === 0) throw notArchived(pid);
  }

  /**
   * Those that hold a wanted file; of which all are wanted, they are read whole, as anybody else reads them. That every name was
   * found is known at the end: nothing is released before.
   *
   * @param names of files and folders, as `NamedFiles` takes them
   * @throws PermanentError `assembly.not-archived`, `assembly.files-unlisted`, `assembly.files-not-archived`
   */
  async *named(plan: Plan, pid: string, names: readonly string[]): AsyncGenerator<ToRead> {
    const dataset = await this.catalog.dataset(pid);
    const wanted = new NamedFiles(names, dataset.sourceFolder);
    let count = 0;
    for await (const datablock of this.catalog.listedDatablocks(pid)) {
      const { archiveId, packedSize } = datablock;
      const files = listOf(datablock, pid);
      const chosen = files.filter(({ path }) => wanted.see(path));
      stillMoving();
      // One of an earlier system may list nothing but directories.
      if (chosen.length > 0)
        yield chosen.length === files.length
          ? { archiveId, bytes: packedSize }
          : await this.part(plan, datablock, count, chosen, dataset);
      await plan.keepLease();
      count += 1;
    }
    if (count === 0) throw notArchived(pid);
    if (wanted.missing.length > 0) throw notFound(pid, wanted.missing);
  }

  private async part(
    { taskId, planner }: Plan,
    { archiveId }: ListedDatablock,
    index: number,
    files: Files,
    { sourceFolder }: CatalogDataset,
  ): Promise<ToRead> {
    const paths = [...new Set(files.map(({ path }) => listedPath(path, sourceFolder)))].sort();
    const lines: SelectionLine[] = paths.map((path) => ({ path }));
    const list = await this.claimChecks.keepLines(
      `plans/${taskId}/${planner}/${index}.selection.ndjson`,
      lines,
    );
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    return { archiveId, bytes, selection: { list, files: lines.length, bytes } };
  }
}

/** @throws PermanentError `assembly.files-unlisted`: nobody knows what is in it, so nobody knows what is not */
function listOf({ archiveId, dataFileList }: ListedDatablock, pid: string): Files {
  if (dataFileList !== undefined && dataFileList !== null && dataFileList.length > 0)
    return dataFileList.filter((entry) => !isDirectoryEntry(entry));
  throw new PermanentError(
    'assembly.files-unlisted',
    `Expected the files of datablock ${archiveId} of dataset ${pid} in its dataFileList, found none: an earlier system archived it. Retrieve the whole dataset (an empty files list).`,
    { details: { pid, archiveId } },
  );
}

function notArchived(pid: string): PermanentError {
  return new PermanentError(
    'assembly.not-archived',
    `Expected datablocks of dataset ${pid}, found none: it is not archived.`,
  );
}

function notFound(pid: string, missing: readonly string[]): PermanentError {
  const shown = missing.slice(0, maxNamed).map((name) => JSON.stringify(name.slice(0, shownCharacters)));
  const others = missing.length > maxNamed ? ` and ${missing.length - maxNamed} more` : '';
  return new PermanentError(
    'assembly.files-not-archived',
    `Expected each named file or folder in a datablock of dataset ${pid}, found ${missing.length} in none: ${shown.join(', ')}${others}. Nothing was recalled: correct the names, or retrieve the whole dataset (an empty files list).`,
    { details: { pid, missing: missing.slice(0, maxNamed), count: missing.length } },
  );
}
