import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '#kernel';
import { metrics, type Sample } from '#observability';
import type { JobConfiguration } from '../domain/job-configuration.js';
import { OpenStreams } from '../events/open-streams.js';
import { JobConfigurationToken } from '../jobs/job-configuration.provider.js';
import { acceptedJobs, Catalogue } from '../persistence/catalogue.js';
import { DatasetClaimRecords } from '../persistence/dataset-claim-records.js';

/** Milliseconds the database may take for a count. */
const maxTimeMS = 1000;
/** Unfinished jobs that one scrape looks at; those of external systems may never be called finished. */
const maxUnfinished = 10_000;
/** States that Catena's own jobs have before their end. */
const states: readonly string[] = ['jobSubmitted', 'inProgress'];

/** Jobs that are not over, datasets that they hold, pages that watch. */
@Injectable()
export class CatalogNumbers implements OnApplicationBootstrap {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly claims: DatasetClaimRecords,
    private readonly streams: OpenStreams,
    private readonly clock: Clock,
    @Inject(JobConfigurationToken) private readonly configuration: JobConfiguration,
  ) {}

  onApplicationBootstrap(): void {
    metrics.measure({
      name: 'unfinished jobs',
      gauges: {
        catena_jobs_unfinished: {
          help: 'Jobs that Catena works on and has not ended, by type and status (at most the oldest 10 000).',
          labels: ['type', 'status'],
        },
        catena_job_oldest_unfinished_seconds: { help: 'Age of the oldest of them.', labels: ['type'] },
      },
      read: () => this.jobs(),
    });
    metrics.measure({
      name: 'claims',
      gauges: { catena_dataset_claims: { help: 'Datasets that a job has to itself.' } },
      read: async () => [
        {
          metric: 'catena_dataset_claims',
          value: await this.claims.countExclusive(maxTimeMS),
        },
      ],
    });
    metrics.measure({
      name: 'event streams',
      gauges: { catena_event_streams: { help: 'Pages that watch jobs through this process.' } },
      read: () => [{ metric: 'catena_event_streams', value: this.streams.count }],
    });
  }

  private async jobs(): Promise<Sample[]> {
    const now = this.clock.now().getTime();
    const rows = await this.catalogue.jobs
      .aggregate<{ _id: { type: string; status: string }; count: number; oldest: Date }>(
        [
          { $match: { 'catena.unfinished': true, createdAt: { $gt: new Date(0) } } },
          { $sort: { createdAt: 1 } },
          { $limit: maxUnfinished },
          { $match: { ...acceptedJobs, 'catena.workflow': { $ne: 'none' } } },
          {
            $group: {
              _id: { type: '$type', status: '$statusCode' },
              count: { $sum: 1 },
              oldest: { $min: '$createdAt' },
            },
          },
        ],
        { maxTimeMS },
      )
      .toArray();
    const oldest = new Map<string, number>();
    const counts = new Map<string, number>();
    for (const { _id, count, oldest: at } of rows) {
      const type = this.configuration.jobs.has(_id.type) ? _id.type : 'other';
      const status = states.includes(_id.status) ? _id.status : 'other';
      const key = JSON.stringify({ type, status });
      counts.set(key, (counts.get(key) ?? 0) + Number(count));
      oldest.set(type, Math.max(oldest.get(type) ?? 0, (now - at.getTime()) / 1000));
    }
    return [
      ...[...counts].map(([key, value]) => ({
        ...{ metric: 'catena_jobs_unfinished', labels: JSON.parse(key) as Record<string, string>, value },
      })),
      ...[...oldest].map(([type, value]) => ({
        ...{ metric: 'catena_job_oldest_unfinished_seconds', labels: { type }, value },
      })),
    ];
  }
}
