import { Inject, Injectable } from '@nestjs/common';
import { jobStartedV1 } from '#contracts';
import { Clock, crashPoint, isRetriable, messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { eventRow } from '#outbox';
import { Jobs } from '../aggregates/jobs.js';
import type { AssemblyJob } from '../aggregates/records.js';
import { CatalogClient } from '../catalog/catalog-client.js';

/** Tells the catalogue what a job is about in all. */
@Injectable()
export class JobAnnouncement {
  constructor(
    private readonly jobs: Jobs,
    private readonly catalog: CatalogClient,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Once, before any of it is done. */
  async announce(
    { _id: jobId, workflow, totals }: Pick<AssemblyJob, '_id' | 'workflow' | 'totals'>,
    pids: readonly string[],
  ): Promise<void> {
    if (totals !== undefined) return;
    const bytes = await this.bytesOf(jobId, pids, workflow === 'archive' ? 'size' : 'packedSize');
    const datasets = pids.length;
    const now = this.clock.now();
    const row = eventRow(jobStartedV1, { jobId, datasets, bytes }, now);
    await this.jobs.announce(jobId, { datasets, bytes }, row, now);
    crashPoint('assembler.after-announce');
  }

  /** Bytes are told for people to see: that they are not known stops nothing. */
  private async bytesOf(
    jobId: string,
    pids: readonly string[],
    kind: 'size' | 'packedSize',
  ): Promise<number> {
    try {
      return await this.catalog.bytesOf(pids, kind);
    } catch (error) {
      if (isRetriable(error)) throw error;
      this.logger.warn(
        { jobId, error: messageOf(error) },
        'the catalogue does not say how many bytes a job has',
      );
      return 0;
    }
  }
}
