import { Inject, Injectable } from '@nestjs/common';
import { PermanentError } from '#kernel';
import { ObjectStore } from '#storage';
import { Originals } from '../archive-datablock/originals.js';
import type { OriginalLine } from '../archive-datablock/read-versions.js';
import type { ArchiverConfig } from '../archiver.config.js';
import { ConfigToken } from '../archiver.tokens.js';
import { CatalogueWord, type NamedDatablock } from '../catalog/catalogue-word.js';
import { ArchiverStore } from '../persistence/archiver-store.js';

/**
 * Whether the files of a dataset that was reset lie anywhere but in the tar that was set aside. Originals in the landing
 * zone may have been released before the reset: then the tar is all there is.
 */
@Injectable()
export class DataElsewhere {
  constructor(
    private readonly store: ArchiverStore,
    private readonly catalogue: CatalogueWord,
    private readonly objects: ObjectStore,
    private readonly originals: Originals,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /** @throws PermanentError `archiver.originals-missing` */
  async assert({ pid, archiveId }: NamedDatablock): Promise<void> {
    const dataset = await this.catalogue.dataset(pid);
    // Whoever removes a dataset wants none of it, and one that was archived anew has newer tapes.
    if (dataset === undefined || (dataset.isRetrievable && (await this.catalogue.listsAny(pid)))) return;
    const datablock = await this.store.datablocks.findOne(
      { _id: archiveId },
      { projection: { originals: 1 } },
    );
    if (datablock === null) throw missing(archiveId, 'no record of what was read into it');
    const { originals } = datablock;
    // Catena never removes anything from source folders.
    if (originals === undefined && this.config.sourceFolders.covers(dataset.sourceFolder)) return;
    if (originals === undefined) throw missing(archiveId, 'no list of what was read into it');
    const keys = new Set((await this.originals.lines<OriginalLine>(originals)).map(({ key }) => key));
    const count = keys.size;
    for (const prefix of new Set([...keys].map((key) => key.split('/', 1)[0]!)))
      for await (const { key } of this.objects.list(this.config.landingZoneBucket, `${prefix}/`))
        keys.delete(key);
    if (keys.size > 0) throw missing(archiveId, `${keys.size} of ${count} missing`);
  }
}

function missing(archiveId: string, found: string): PermanentError {
  return new PermanentError(
    'archiver.originals-missing',
    `Expected the originals of ${archiveId} where they were read, or its dataset archived anew, found ${found}: the dataset was reset, and this tar may be all there is of it. Bring it back, or upload the files again.`,
    { details: { archiveId } },
  );
}
