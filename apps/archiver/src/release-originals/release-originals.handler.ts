import { Injectable } from '@nestjs/common';
import { originalsReleasedV1, type ReleaseOriginalsV1 } from '#contracts';
import { Clock, PermanentError, crashPoint } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import { ObjectStore } from '#storage';
import { Originals } from '../archive-datablock/originals.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import type { WorkContext } from '../run-work/work-context.js';

const batch = 500;
/** Milliseconds: Swift gives modification times rounded up to the whole second, after the time of a quick verification. */
const rounding = 1000;

/** Removes the originals of a datablock from the landing zone, on proof: this archiver's own record of the verified copies. */
@Injectable()
export class ReleaseOriginalsHandler {
  constructor(
    private readonly store: ArchiverStore,
    private readonly objects: ObjectStore,
    private readonly originals: Originals,
    private readonly clock: Clock,
  ) {}

  async handle(
    { workOrderId, jobId, pid, source, files }: ReleaseOriginalsV1,
    context: WorkContext,
  ): Promise<OutboxRow> {
    const datablock = await this.store.datablocks.findOne({
      pid,
      filesSha256: files.sha256,
      state: 'verified',
    });
    if (datablock === null || datablock.copies.length === 0) {
      throw new PermanentError(
        'archiver.not-verified',
        `Expected a verified datablock for the files of ${workOrderId}, found none: the originals of ${pid} stay.`,
      );
    }
    const archivedAt = Math.min(...datablock.copies.map(({ verifiedAt }) => verifiedAt.getTime()));
    const wanted = new Map(
      (await this.originals.list(files)).map((file) => [`${source.location}/${file.path}`, file.size]),
    );
    let released = 0;
    let kept = 0;
    let keys: string[] = [];
    for await (const { key, size, modifiedAt } of this.objects.list(
      source.bucket ?? '',
      `${source.location}/`,
    )) {
      context.signal.throwIfAborted();
      if (!wanted.has(key)) continue;
      // Something newer or other under the same name is not what was archived.
      if (wanted.get(key) !== size || modifiedAt.getTime() > archivedAt + rounding) kept += 1;
      else keys.push(key);
      if (keys.length === batch) {
        await this.objects.remove(source.bucket ?? '', keys);
        released += keys.length;
        keys = [];
        crashPoint('archiver.mid-release');
      }
    }
    await this.objects.remove(source.bucket ?? '', keys);
    released += keys.length;
    return eventRow(
      originalsReleasedV1,
      { workOrderId, jobId, pid, released, kept },
      { subject: workOrderId, partitionKey: workOrderId, sequence: 9 },
      this.clock.now(),
    );
  }
}
