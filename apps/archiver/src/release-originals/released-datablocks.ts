import { Injectable } from '@nestjs/common';
import type { ObjectReference, ReleaseOriginalsV1 } from '#contracts';
import { PermanentError } from '#kernel';
import { CatalogueWord } from '../catalog/catalogue-word.js';
import { Datablocks, type FoundDatablock } from '../persistence/datablocks.js';
import { goodCopies, isDamaged } from '../persistence/stored-copies.js';
import type { StoredDatablock } from '../persistence/records.js';

/** The datablocks whose originals may go. */
@Injectable()
export class ReleasedDatablocks {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly catalogue: CatalogueWord,
  ) {}

  /**
   * The verified datablock that a release speaks of, if the catalogue lists it now.
   *
   * @throws PermanentError `archiver.not-verified`, `archiver.not-registered`, `archiver.versions-unknown`
   */
  async provenFor({
    workOrderId,
    pid,
    archiveId,
    files,
  }: ReleaseOriginalsV1): Promise<StoredDatablock & Required<Pick<StoredDatablock, 'originals'>>> {
    const datablock = await this.datablocks.verifiedFrom(pid, files.sha256, archiveId);
    const lack = datablock === undefined ? 'none' : lackOf(datablock);
    if (datablock === undefined || lack !== undefined)
      throw new PermanentError(
        'archiver.not-verified',
        `Expected a verified datablock with all its copies good for the files of ${workOrderId}, found ${lack}: the originals of ${pid} stay. Verify the dataset when its copies are mended, then retry the job.`,
        { details: { pid, archiveId: datablock?._id } },
      );
    if (!(await this.catalogue.lists({ pid, archiveId: datablock._id })))
      throw new PermanentError(
        'archiver.not-registered',
        `Expected ${datablock._id} in the catalogue, found it not listed: the originals of ${pid} stay.`,
      );
    const { originals } = datablock;
    if (originals === undefined)
      throw new PermanentError(
        'archiver.versions-unknown',
        `Expected the list of what was read for ${datablock._id}, found none: it was packed before 0.2. The originals of ${pid} stay; remove them by hand when you have verified it.`,
      );
    return { ...datablock, originals };
  }

  /** Where the lists of what was read lie, of the other datablocks of a dataset whose originals may go as well. */
  async *othersProven(proven: StoredDatablock): AsyncGenerator<ObjectReference> {
    for await (const datablock of this.datablocks.othersVerified(proven))
      if (
        datablock.originals !== undefined &&
        lackOf(datablock) === undefined &&
        (await this.catalogue.lists({ pid: proven.pid, archiveId: datablock._id }))
      )
        yield datablock.originals;
  }
}

/** What keeps the originals of a datablock where they are: no copy, a damaged one, or fewer than were asked for. */
function lackOf({ _id, copies = [], asked = 1 }: FoundDatablock): string | undefined {
  const damaged = copies.filter(isDamaged).map(({ share }) => share);
  if (damaged.length > 0) return `${_id} with a damaged copy on ${damaged.join(', ')}`;
  const good = goodCopies(copies).map(({ share }) => share);
  if (good.length >= asked) return undefined;
  return `${_id} with ${good.length} of ${asked} good copies on targets of their own (${good.join(', ') || 'none'})`;
}
