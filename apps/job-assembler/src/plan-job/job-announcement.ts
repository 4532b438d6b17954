import { Inject, Injectable } from '@nestjs/common';
import { jobStartedV1, type DatasetListLine } from '#contracts';
import { Clock, crashPoint, isRetriable, messageOf, TransientError } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { eventRow } from '#outbox';
import { Jobs } from '../aggregates/jobs.js';
import type { AssemblyJob } from '../aggregates/records.js';
import { CatalogClient } from '../catalog/catalog-client.js';
import { planTaken } from './dataset-drafts.js';

type Kind = 'size' | 'packedSize';

/** Tells the catalogue what a job is about in all. */
@Injectable()
export class JobAnnouncement {
  constructor(
    private readonly jobs: Jobs,
    private readonly catalog: CatalogClient,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Once, before any of it is done. @throws TransientError `assembly.plan-taken` when its time was moved meanwhile */
  async announce(
    { _id: jobId, workflow, totals }: Pick<AssemblyJob, '_id' | 'workflow' | 'totals'>,
    list: readonly DatasetListLine[],
  ): Promise<void> {
    if (totals !== undefined) return;
    const kind = workflow === 'archive' ? 'size' : 'packedSize';
    const bytes = toldBytes(list, kind) ?? (await this.askedBytes(jobId, list, kind));
    const datasets = list.length;
    const now = this.clock.now();
    const row = eventRow(jobStartedV1, { jobId, datasets, bytes }, now);
    const isTold = await this.jobs.announce(jobId, { datasets, bytes }, row, now);
    crashPoint('assembler.after-announce');
    if (isTold) return;
    // Another planner has told it, or an operator has moved it to a later time, and nothing of it may begin.
    const current = await this.jobs.find(jobId);
    if (current?.totals === undefined)
      throw new TransientError(planTaken, `Expected to begin ${jobId}, found it deferred or over.`);
  }

  /** Bytes are told for people to see: that they are not known stops nothing. */
  private async askedBytes(jobId: string, list: readonly DatasetListLine[], kind: Kind): Promise<number> {
    try {
      return await this.catalog.bytesOf(
        // What named files come to is known when they are planned.
        list.filter(({ files }) => files.length === 0).map(({ pid }) => pid),
        kind,
      );
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

/** Undefined where the list does not say it of every dataset. */
function toldBytes(list: readonly DatasetListLine[], kind: Kind): number | undefined {
  let bytes = 0;
  for (const { [kind]: more } of list) {
    if (more === undefined) return undefined;
    bytes += more;
  }
  return bytes;
}
