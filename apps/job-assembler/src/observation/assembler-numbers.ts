import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { metrics, type Sample } from '#observability';
import { AssemblerStore } from '../persistence/assembler-store.js';
import { LimitsView } from '../steer-work/limits-view.js';

/** Milliseconds the database may take for a count. */
const maxTimeMS = 1000;

/** Which limits there are, what is under way and what waits for them. */
@Injectable()
export class AssemblerNumbers implements OnApplicationBootstrap {
  constructor(
    private readonly store: AssemblerStore,
    private readonly limits: LimitsView,
  ) {}

  onApplicationBootstrap(): void {
    metrics.measure({
      name: 'work orders',
      gauges: {
        catena_work_orders: {
          help: 'Work orders that are not over, by state and lane.',
          labels: ['state', 'target'],
        },
      },
      read: () => this.orders(),
    });
    metrics.measure({
      name: 'limits',
      gauges: {
        catena_limit: {
          help: 'Limit of work under way, as it holds now, by what it limits.',
          labels: ['scope'],
        },
        catena_limit_used: { help: 'Work under way that counts for a limit.', labels: ['scope'] },
        catena_paused: { help: 'Pauses that hold, by what they hold back.', labels: ['scope'] },
        catena_oldest_planned_seconds: {
          help: 'Age of the oldest work that waits for a limit.',
          labels: ['target'],
        },
      },
      read: () => this.limited(),
    });
  }

  private async orders(): Promise<Sample[]> {
    const rows = await this.store.orders
      .aggregate<{ _id: { state: string; target: string }; count: number }>(
        [
          { $match: { state: { $in: ['planned', 'released'] } } },
          { $group: { _id: { state: '$state', target: '$target' }, count: { $sum: 1 } } },
        ],
        { maxTimeMS },
      )
      .toArray();
    return rows.map(({ _id: { state, target }, count }) => ({
      ...{ metric: 'catena_work_orders', labels: { state, target }, value: Number(count) },
    }));
  }

  private async limited(): Promise<Sample[]> {
    const { limits, used, oldest, paused, heldJobs } = await this.limits.numbers(maxTimeMS);
    const held = new Map<string, number>(heldJobs === 0 ? [] : [['job', heldJobs]]);
    for (const scope of paused) held.set(scopeOf(scope), (held.get(scopeOf(scope)) ?? 0) + 1);
    return [
      ...samples('catena_limit', 'scope', limits),
      ...samples('catena_limit_used', 'scope', [['global', used.global], ...Object.entries(used.targets)]),
      ...samples('catena_paused', 'scope', [['all', 0] as const, ...held]),
      ...samples(
        'catena_oldest_planned_seconds',
        'target',
        oldest.map(([lane, age]) => [lane, age / 1000] as const),
      ),
    ];
  }
}

/** Groups and jobs have no end of names: they are counted by their kind. */
function scopeOf(scope: string): string {
  const [kind = ''] = scope.split(':');
  return kind === 'group' || kind === 'job' ? kind : scope;
}

function samples(
  metric: string,
  label: string,
  values: readonly (readonly [name: string, value: number])[],
): Sample[] {
  return values.map(([name, value]) => ({ metric, labels: { [label]: name }, value }));
}
