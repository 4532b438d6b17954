import { Injectable } from '@nestjs/common';
import { cancelWorkV1 } from '#contracts';
import { Clock, TransientError } from '#kernel';
import { eventRow } from '#outbox';
import { OriginalReleases } from '../aggregates/original-releases.js';

/**
 * Before a reset. The archiver removes originals while the catalogue lists their datablocks, and a reset takes them off that list:
 * between the archiver's look and its removal it must not. Only an archival that is not over asks for releases, and none begins once a
 * reset holds the dataset; but the catalogue lets go of a dataset when it has registered the datablocks, and job-assembler may hear
 * of that, and ask for the releases, when the reset is there already.
 */
@Injectable()
export class ReleasesBeforeReset {
  constructor(
    private readonly releases: OriginalReleases,
    private readonly clock: Clock,
  ) {}

  /**
   * Ends the releases of the dataset's originals that the archiver has not answered, those that wait for upload links as well. Can
   * be repeated.
   *
   * @throws TransientError `assembly.archival-open` until no archival of the dataset can ask for more, `assembly.release-open`
   * until the archiver has answered all of them
   */
  async end(pid: string): Promise<void> {
    const archiving = await this.releases.archivingJob(pid);
    if (archiving !== undefined)
      throw new TransientError(
        'assembly.archival-open',
        `Expected every archival of ${pid} to be over, found that of job ${archiving} not over: the reset waits for that.`,
      );
    const open: string[] = [];
    for await (const { _id, jobId, archiveId, context } of this.releases.open(pid)) {
      open.push(archiveId);
      const now = this.clock.now();
      const request = eventRow(cancelWorkV1, { workOrderId: `${_id}/release`, jobId }, now, context);
      await this.releases.askToEnd(_id, request, now);
    }
    if (open.length > 0)
      throw new TransientError(
        'assembly.release-open',
        `Expected the archiver to have ended the release of originals of ${pid}, found it asked for ${open.length} of its datablocks (first: ${open[0]}) and not answered: the reset waits for that.`,
      );
  }
}
