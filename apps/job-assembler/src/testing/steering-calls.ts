import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Clock, type ManualClock } from '#kernel';
import { createLogger, LOGGER } from '#observability';
import { AuditTrail, OperatorActions } from '#operations';
import { memoryConnection } from '#operations/testing';
import { SERVICE_HOST_OPTIONS } from '#service-host';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import { Jobs } from '../aggregates/jobs.js';
import { Leases } from '../aggregates/leases.js';
import { SteeredWork } from '../aggregates/steered-work.js';
import { Steering } from '../aggregates/steering.js';
import { WorkFigures } from '../aggregates/work-figures.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { CurrentRules } from '../release-work/current-rules.js';
import { Dispatcher } from '../release-work/dispatcher.js';
import { SteeredJobs } from '../release-work/steered-jobs.js';
import { ProgressReports } from '../settle-results/progress-reports.js';
import { JobSteering } from '../steer-work/job-steering.js';
import { JobView } from '../steer-work/job-view.js';
import { JobsController } from '../steer-work/jobs.controller.js';
import { LimitsView } from '../steer-work/limits-view.js';
import { LimitsController } from '../steer-work/limits.controller.js';
import { SteeringActions } from '../steer-work/steering-actions.js';
import { WorkOrdersController } from '../steer-work/work-orders.controller.js';
import { ReleaseSteering } from '../steer-work/release-steering.js';
import type { Assembler } from './assembler.js';

/** The calls of operators, of an app whose other parts stand still. */
export async function steeringApp(
  assembler: Assembler,
  clock: ManualClock,
  config: JobAssemblerConfig,
): Promise<NestFastifyApplication> {
  const value = (provide: unknown, useValue: unknown) => ({ provide: provide as string, useValue });
  const trail = new AuditTrail(memoryConnection(), clock, 400 * 86_400_000);
  const actions = new OperatorActions(trail, createLogger('steering', 'silent'), 120_000);
  const testing = await Test.createTestingModule({
    controllers: [LimitsController, JobsController, WorkOrdersController],
    providers: [
      ...[CurrentRules, SteeredJobs, ReleaseSteering, JobSteering, LimitsView, JobView],
      ...[SteeringActions, value(OperatorActions, actions), value(AuditTrail, trail)],
      ...[value(Jobs, assembler.jobs), value(DatasetTasks, assembler.tasks)],
      ...[value(WorkOrders, assembler.orders), value(WorkFigures, assembler.figures)],
      ...[value(Leases, assembler.leases), value(Steering, assembler.steering)],
      ...[value(SteeredWork, assembler.steered), value(Clock, clock), value(ConfigToken, config)],
      ...[value(LOGGER, createLogger('steering', 'silent')), value(Dispatcher, { wake: () => undefined })],
      value(ProgressReports, { tell: () => Promise.resolve() }),
      value(SERVICE_HOST_OPTIONS, { operationsToken: 'secret' }),
    ],
  }).compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  await app.init();
  return app;
}
