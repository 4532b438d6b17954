import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '#kernel';
import { metrics, type Sample } from '#observability';
import { nextStep } from '../domain/next-step.js';
import { PublisherStore } from '../persistence/publisher-store.js';
import { ConfigToken, type PublisherConfig } from '../publisher.config.js';
import { Reconciliation } from '../reconcile/reconciliation.js';

/** Milliseconds the database may take for a count. */
const maxTimeMS = 1000;
/** Publications under way that one scrape looks at. */
const maxDue = 500;

/** Registrations that are under way or stuck, and what the last comparison found. */
@Injectable()
export class PublisherNumbers implements OnApplicationBootstrap {
  constructor(
    private readonly store: PublisherStore,
    private readonly reconciliation: Reconciliation,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublisherConfig,
  ) {}

  onApplicationBootstrap(): void {
    metrics.measure({
      name: 'publications',
      gauges: {
        catena_publications: { help: 'Publications under way, by the step that is next.', labels: ['step'] },
        catena_publications_blocked: { help: 'Publications that wait for their author or an operator.' },
        catena_publication_oldest_waiting_seconds: {
          help: 'How long ago the publication should have been worked on that is longest due; 0: there is none.',
        },
      },
      read: () => this.publications(),
    });
    metrics.measure({
      name: 'recalls',
      gauges: {
        catena_recalls: { help: 'Recalls for readers that are under way, by state.', labels: ['state'] },
      },
      read: () => this.recalls(),
    });
    metrics.measure({
      name: 'reconciliation',
      gauges: {
        catena_reconcile_differences: {
          help: 'What the last comparison of catalogue, public store and DataCite found, by kind.',
          labels: ['kind'],
        },
        catena_reconcile_last_success_timestamp_seconds: { help: 'When the last comparison ended.' },
      },
      read: () => this.differences(),
    });
  }

  private async publications(): Promise<Sample[]> {
    const now = this.clock.now();
    const rows = await this.store.publications
      .find({ dueAt: { $exists: true } }, { projection: { outbox: 0 }, maxTimeMS })
      .sort({ dueAt: 1 })
      .limit(maxDue)
      .toArray();
    const steps = new Map<string, number>();
    for (const row of rows) {
      const step = nextStep(row, this.config.datacite !== undefined);
      if (step !== undefined) steps.set(step, (steps.get(step) ?? 0) + 1);
    }
    const blocked = await this.store.publications.countDocuments(
      { 'blocked.at': { $exists: true } },
      { maxTimeMS },
    );
    const oldest = rows.find(({ blocked: stuck }) => stuck === undefined)?.dueAt ?? now;
    return [
      ...[...steps].map(([step, value]) => ({ metric: 'catena_publications', labels: { step }, value })),
      { metric: 'catena_publications_blocked', value: blocked },
      {
        metric: 'catena_publication_oldest_waiting_seconds',
        value: Math.max(0, now.getTime() - oldest.getTime()) / 1000,
      },
    ];
  }

  private async recalls(): Promise<Sample[]> {
    const rows = await this.store.recalls
      .aggregate<{ _id: string; count: number }>(
        [{ $match: { dueAt: { $exists: true } } }, { $group: { _id: '$state', count: { $sum: 1 } } }],
        { maxTimeMS },
      )
      .toArray();
    return rows.map(({ _id: state, count }) => ({
      ...{ metric: 'catena_recalls', labels: { state }, value: Number(count) },
    }));
  }

  private differences(): Sample[] {
    const { last } = this.reconciliation;
    if (last === undefined) return [];
    const { missed, gone, unpushed, unknownCount: unknown, drifted, at } = last;
    const found = { missed, gone, unpushed, unknown, drifted };
    return [
      ...Object.entries(found).map(([kind, value]) => ({
        ...{ metric: 'catena_reconcile_differences', labels: { kind }, value },
      })),
      { metric: 'catena_reconcile_last_success_timestamp_seconds', value: at.getTime() / 1000 },
    ];
  }
}
