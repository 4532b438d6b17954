import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '#kernel';
import { metrics, type Sample } from '#observability';
import { BridgeLists } from '../persistence/bridge-lists.js';

/** Milliseconds the database may take for a count. */
const maxTimeMS = 1000;

/** Jobs of SciCat by state, and what SciCat has not been told. */
@Injectable()
export class BridgeNumbers implements OnApplicationBootstrap {
  constructor(
    private readonly lists: BridgeLists,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    metrics.measure({
      name: 'jobs of SciCat',
      gauges: {
        catena_bridge_jobs: { help: 'Jobs of SciCat that the bridge knows, by state.', labels: ['state'] },
        catena_bridge_untold: { help: 'Reports that SciCat has not been told.' },
        catena_bridge_oldest_untold_seconds: {
          help: 'Age of the oldest report that SciCat has not been told; 0: there is none.',
        },
      },
      read: () => this.read(),
    });
  }

  private async read(): Promise<Sample[]> {
    const [states, { count, oldest }] = await Promise.all([
      this.lists.byState(maxTimeMS),
      this.lists.untold(maxTimeMS),
    ]);
    const now = this.clock.now().getTime();
    return [
      ...[...states].map(([state, value]) => ({ metric: 'catena_bridge_jobs', labels: { state }, value })),
      { metric: 'catena_bridge_untold', value: count },
      {
        metric: 'catena_bridge_oldest_untold_seconds',
        value: oldest === undefined ? 0 : Math.max(0, now - oldest.getTime()) / 1000,
      },
    ];
  }
}
