import { routesFrom } from '#routes';
import type { JobAssemblerConfig } from '../job-assembler.config.js';

/** What a spec does not say has no meaning for it. */
export function configOf(changes: Partial<JobAssemblerConfig> = {}): JobAssemblerConfig {
  return {
    ...{ lease: 60_000, silence: 60_000, copies: 2 },
    planning: { jobs: 1, datasets: 2, turn: 5000 },
    limits: { global: 8, perGroup: 8, perTarget: 8 },
    routes: routesFrom({ LTS_COPIES: '2' }),
    priorityAging: 86_400_000,
    outside: { silence: 60_000, pause: 1000, maxFaults: 3 },
    ...changes,
  } as JobAssemblerConfig;
}
