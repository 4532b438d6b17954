import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { metrics, type Sample } from '#observability';
import { DatabasePulse } from '#service-host';
import { PublicStore } from '../persistence/public-store.js';
import { activeDownloads, lastPush } from '../counters/server-counters.js';

/** Milliseconds the database may take for a count. */
const maxTimeMS = 1000;

/** What is public, and who fetches it. */
@Injectable()
export class ServerNumbers implements OnApplicationBootstrap {
  constructor(
    private readonly store: PublicStore,
    private readonly pulse: DatabasePulse,
  ) {}

  onApplicationBootstrap(): void {
    metrics.measure({
      name: 'dependencies',
      gauges: {
        catena_dependency_up: {
          help: 'Whether the app reaches a service that it needs: database.',
          labels: ['dependency'],
        },
        catena_downloads_active: { help: 'Downloads under way.' },
        catena_feed_last_push_timestamp_seconds: {
          help: 'When the publisher sent something last, since the start of this process.',
        },
      },
      read: async () => {
        await this.pulse.upToDate();
        return this.now();
      },
    });
    metrics.measure({
      name: 'records',
      gauges: {
        catena_public_records: { help: 'Records that the public sees, by state.', labels: ['state'] },
      },
      read: () => this.records(),
    });
  }

  private now(): Sample[] {
    const pushedAt = lastPush();
    return [
      { metric: 'catena_dependency_up', labels: { dependency: 'database' }, value: this.pulse.up ? 1 : 0 },
      { metric: 'catena_downloads_active', value: activeDownloads() },
      ...(pushedAt === undefined
        ? []
        : [{ metric: 'catena_feed_last_push_timestamp_seconds', value: pushedAt / 1000 }]),
    ];
  }

  /** The index `newest` has the states first. */
  private async records(): Promise<Sample[]> {
    const rows = await this.store.records
      .aggregate<{ _id: string; count: number }>([{ $group: { _id: '$state', count: { $sum: 1 } } }], {
        ...{ maxTimeMS, hint: 'newest' },
      })
      .toArray();
    return rows.map(({ _id: state, count }) => ({
      ...{ metric: 'catena_public_records', labels: { state }, value: Number(count) },
    }));
  }
}
