import { Inject, Injectable } from '@nestjs/common';
import { originalsReleasedV1, type ReleaseOriginalsV1, type releaseOriginalsV1 } from '#contracts';
import { Clock, crashPoint, PermanentError } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { eventRow, type AnswerRow } from '#outbox';
import { ObjectStore } from '#storage';
import { DatablockLists } from '../originals/datablock-lists.js';
import { Originals } from '../originals/originals.js';
import type { OriginalLine } from '../originals/read-versions.js';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import { LandedOriginals } from './landed-originals.js';
import { ReleasedDatablocks } from './released-datablocks.js';

const batch = 500;
const maxNamed = 20;

/**
 * Removes the originals of a datablock from the landing zone: exactly the versions that were read into it, on proof of
 * verified copies, and only while the catalogue lists the datablock. Anything else under the same names stays.
 */
@Injectable()
export class ReleaseOriginalsHandler {
  private readonly landed: LandedOriginals;

  constructor(
    private readonly datablocks: ReleasedDatablocks,
    objects: ObjectStore,
    private readonly originals: Originals,
    private readonly lists: DatablockLists,
    private readonly clock: Clock,
    @Inject(ConfigToken) { landingZoneBucket }: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.landed = new LandedOriginals(datablocks, lists, objects, landingZoneBucket);
  }

  async handle(
    order: ReleaseOriginalsV1,
    context: WorkContext,
  ): Promise<AnswerRow<typeof releaseOriginalsV1>> {
    const { workOrderId, jobId, pid } = order;
    const prefixes = this.originals.prefixesOf(pid, order.source);
    const datablock = await this.datablocks.provenFor(order);
    const read = await this.lists.linesOf<OriginalLine>(datablock.originals);
    // The list lies in a bucket that others write to: it opens nothing outside the dataset's own place.
    if (read.some(({ key }) => !prefixes.some((prefix) => key.startsWith(`${prefix}/`))))
      throw new PermanentError(
        'archiver.source-refused',
        `Expected originals of ${pid} below ${prefixes.join(', ')} in the list of ${datablock._id}, found others: nothing is released.`,
      );
    const { going, gone, kept } = await this.landed.releaseOf(datablock, { read, prefixes }, context.signal);
    let released = gone;
    for (let at = 0; at < going.length; at += batch) {
      context.signal.throwIfAborted();
      const versions = going.slice(at, at + batch);
      const changed = new Set(await this.landed.remove(versions));
      for (const { key, files } of versions)
        if (changed.has(key)) kept.push(key);
        else released += files;
      crashPoint('archiver.mid-release');
    }
    if (kept.length > 0)
      this.logger.warn(
        { jobId, pid, archiveId: datablock._id, kept: kept.length, files: kept.slice(0, maxNamed) },
        'originals were overwritten after they were archived: the newer versions stay in the landing zone',
      );
    return eventRow(
      originalsReleasedV1,
      {
        ...{ workOrderId, jobId, pid, released, kept: kept.length },
        ...(kept.length === 0 ? {} : { keptFiles: kept.slice(0, maxNamed).sort() }),
      },
      this.clock.now(),
    );
  }
}
