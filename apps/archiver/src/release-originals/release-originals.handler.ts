import { Inject, Injectable } from '@nestjs/common';
import { originalsReleasedV1, type ReleaseOriginalsV1 } from '#contracts';
import { Clock, crashPoint } from '#kernel';
import type { Logger } from '#observability';
import { eventRow, LOGGER, type OutboxRow } from '#outbox';
import { ObjectStore, type ObjectVersion } from '#storage';
import { Originals } from '../archive-datablock/originals.js';
import type { OriginalLine } from '../archive-datablock/read-versions.js';
import type { ArchiverConfig } from '../archiver.config.js';
import { ConfigToken } from '../archiver.tokens.js';
import type { StoredDatablock } from '../persistence/records.js';
import type { WorkContext } from '../run-work/work-context.js';
import { ReleasedDatablocks } from './released-datablocks.js';

const batch = 500;
const mostNamed = 20;
/** Milliseconds: Swift gives modification times rounded up to the whole second, after the time of a quick verification. */
const rounding = 1000;

/**
 * Removes the originals of a datablock from the landing zone: exactly the versions that were read into it, on proof of
 * verified copies, and only while the catalogue lists the datablock. Anything else under the same names stays.
 */
@Injectable()
export class ReleaseOriginalsHandler {
  constructor(
    private readonly datablocks: ReleasedDatablocks,
    private readonly objects: ObjectStore,
    private readonly originals: Originals,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async handle(order: ReleaseOriginalsV1, context: WorkContext): Promise<OutboxRow> {
    const { workOrderId, jobId, pid } = order;
    const prefixes = this.originals.prefixesOf(pid, order.source);
    const datablock = await this.datablocks.provenFor(order);
    const kept: string[] = [];
    let released = 0;
    for await (const versions of this.versionsOf(datablock, order, prefixes, kept)) {
      context.signal.throwIfAborted();
      const changed = await this.objects.removeUnchanged(this.config.landingZoneBucket, versions);
      released += versions.length - changed.length;
      kept.push(...changed);
      crashPoint('archiver.mid-release');
    }
    if (kept.length > 0)
      this.logger.warn(
        { jobId, pid, archiveId: datablock._id, kept: kept.length, files: kept.slice(0, mostNamed) },
        'originals were overwritten after they were archived: the newer versions stay in the landing zone',
      );
    return eventRow(
      originalsReleasedV1,
      {
        ...{ workOrderId, jobId, pid, released, kept: kept.length },
        ...(kept.length === 0 ? {} : { keptFiles: kept.slice(0, mostNamed).sort() }),
      },
      { subject: workOrderId, partitionKey: workOrderId, sequence: 9 },
      this.clock.now(),
    );
  }

  /** What may go, in batches; what certainly may not is noted in `kept`. */
  private async *versionsOf(
    datablock: StoredDatablock,
    order: ReleaseOriginalsV1,
    prefixes: readonly string[],
    kept: string[],
  ): AsyncGenerator<ObjectVersion[]> {
    const read =
      datablock.originals === undefined
        ? await this.archivedBefore(datablock, order, prefixes, kept)
        : await this.originals.lines<OriginalLine>(datablock.originals);
    for (let at = 0; at < read.length; at += batch) yield read.slice(at, at + batch);
  }

  /** Of datablocks from before 0.2 nobody noted what was read: what is older than the archive, and as long, is it. */
  private async archivedBefore(
    { copies }: StoredDatablock,
    { files }: ReleaseOriginalsV1,
    prefixes: readonly string[],
    kept: string[],
  ): Promise<ObjectVersion[]> {
    const archivedAt = Math.min(...copies.map(({ verifiedAt }) => verifiedAt.getTime()));
    const sizes = new Map((await this.originals.list(files)).map(({ path, size }) => [path, size]));
    const found: ObjectVersion[] = [];
    for (const prefix of prefixes)
      for await (const object of this.objects.list(this.config.landingZoneBucket, `${prefix}/`)) {
        const size = sizes.get(object.key.slice(prefix.length + 1));
        if (size === undefined) continue;
        const same = size === object.size && object.modifiedAt.getTime() <= archivedAt + rounding;
        if (same) found.push({ key: object.key, etag: object.etag });
        else kept.push(object.key);
      }
    return found;
  }
}
