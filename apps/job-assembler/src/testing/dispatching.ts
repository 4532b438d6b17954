import type { Clock } from '#kernel';
import type { Logger } from '#observability';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { CurrentRules } from '../release-work/current-rules.js';
import { Dispatcher } from '../release-work/dispatcher.js';
import { SteeredJobs } from '../release-work/steered-jobs.js';
import type { Assembler } from './assembler.js';

/** The dispatcher, as the module wires it. */
export function dispatcherOn(
  { orders, leases, jobs, steered, steering }: Omit<Assembler, 'store' | 'tasks' | 'with' | 'figures'>,
  clock: Clock,
  config: JobAssemblerConfig,
  logger: Logger,
): Dispatcher {
  const rules = new CurrentRules(steering, clock, config);
  return new Dispatcher(orders, leases, rules, new SteeredJobs(jobs, steered, clock), clock, config, logger);
}
