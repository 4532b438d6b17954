import { Injectable } from '@nestjs/common';
import type { ObjectReference, ReleaseOriginalsV1 } from '#contracts';
import { PermanentError } from '#kernel';
import { CatalogueWord } from '../catalog/catalogue-word.js';
import { Datablocks, type FoundDatablock } from '../persistence/datablocks.js';
import { isDamaged } from '../persistence/stored-copies.js';
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
    if (datablock === undefined || !hasGoodCopies(datablock))
      throw new PermanentError(
        'archiver.not-verified',
        `Expected a verified datablock without damaged copies for the files of ${workOrderId}, found none: the originals of ${pid} stay.`,
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
        hasGoodCopies(datablock) &&
        (await this.catalogue.lists({ pid: proven.pid, archiveId: datablock._id }))
      )
        yield datablock.originals;
  }
}

function hasGoodCopies({ copies = [] }: FoundDatablock): boolean {
  return copies.length > 0 && !copies.some(isDamaged);
}
