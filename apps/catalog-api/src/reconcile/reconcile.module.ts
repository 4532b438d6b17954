import { Module } from '@nestjs/common';
import {
  RECONCILIATION_CHECKS,
  ReconciliationRecords,
  Reconciliations,
  ReconciliationsController,
  UnacceptedMessages,
  type ReconciliationCheck,
} from '#service-host';
import { ApplyJobReportsModule } from '../apply-job-reports/apply-job-reports.module.js';
import { ClaimsModule } from '../claims/claims.module.js';
import { DatasetEvidence } from './dataset-evidence.js';
import { DatasetFlags } from './dataset-flags.js';
import { HoldsOfEndedJobs } from './holds-of-ended-jobs.js';
import { LandingFolders } from './landing-folders.js';

/** What a reconciliation of the catalogue looks at, in this order. */
const checks = [HoldsOfEndedJobs, DatasetFlags, LandingFolders, UnacceptedMessages] as const;

/** Compares the catalogue with jobs, datablocks and the landing zone, when an operator asks for it. */
@Module({
  imports: [ApplyJobReportsModule, ClaimsModule],
  controllers: [ReconciliationsController],
  providers: [
    ReconciliationRecords,
    Reconciliations,
    DatasetEvidence,
    ...checks,
    {
      provide: RECONCILIATION_CHECKS,
      inject: [...checks],
      useFactory: (...all: ReconciliationCheck[]) => all,
    },
  ],
})
export class ReconcileModule {}
