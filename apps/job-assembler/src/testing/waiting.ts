import type { Clock } from '#kernel';
import type { Logger } from '#observability';
import type { AppHealth } from '#service-host';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { CurrentRules } from '../release-work/current-rules.js';
import { JobSituations } from '../settle-results/job-situations.js';
import type { ProgressReports } from '../settle-results/progress-reports.js';
import { WaitingReports } from '../settle-results/waiting-reports.js';
import type { Assembler } from './assembler.js';

interface Others {
  readonly progress: ProgressReports;
  readonly health: AppHealth;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Reports of waiting, as the module wires them. */
export function waitingReportsOn(
  { jobs, tasks, orders, leases, steering }: Assembler,
  config: JobAssemblerConfig,
  { progress, health, clock, logger }: Others,
): WaitingReports {
  const rules = new CurrentRules(steering, clock, config);
  const situations = new JobSituations(tasks, orders, rules, clock, config);
  return new WaitingReports(jobs, orders, situations, leases, progress, health, clock, logger);
}
