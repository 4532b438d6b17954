import type { Clock } from '#kernel';
import { createLogger } from '#observability';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { CurrentRules } from '../release-work/current-rules.js';
import { OutsidePlanning } from '../release-work/outside-planning.js';
import { OutsideEndings } from '../settle-results/outside-endings.js';
import { OutsideRemovals } from '../settle-results/outside-removals.js';
import { OutsideResending } from '../settle-results/outside-resending.js';
import { OutsideStaging } from '../settle-results/outside-staging.js';
import { WorkerReportsConsumer } from '../settle-results/worker-reports.consumer.js';
import type { Assembler } from './assembler.js';
import { settlingOn } from './settling.js';

const logger = createLogger('outside-working', 'silent');

/** Everything that has to do with workers of outside targets, as the module wires it. */
export function outsideWorkingOn(assembler: Assembler, clock: Clock, config: JobAssemblerConfig) {
  const { jobs, orders, outside, places, leases, steering } = assembler;
  const planning = new OutsidePlanning(jobs, orders, outside, places, clock);
  const { settling, dispatcher } = settlingOn(assembler, clock);
  const endings = new OutsideEndings(
    ...([outside, orders, places, planning, settling, clock, config, logger] as const),
  );
  const removals = new OutsideRemovals(outside, places, clock, config, logger);
  return {
    settling,
    consumer: new WorkerReportsConsumer(outside, endings, removals, dispatcher, clock, config),
    staging: new OutsideStaging(outside, endings, removals, orders, planning, clock, config),
    resending: new OutsideResending(
      outside,
      endings,
      leases,
      new CurrentRules(steering, clock, config),
      clock,
      config,
      logger,
    ),
  };
}
