import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  jobCancelRequestedV1,
  jobSubmittedV1,
  type Envelope,
  type JobCancelRequestedV1,
  type JobSubmittedV1,
} from '#contracts';
import { Clock, crashPoint } from '#kernel';
import { currentContext, done, Handles, type Outcome } from '#messaging';
import { JobPlanner } from '../plan-job/job-planner.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import { JobCancellation } from './job-cancellation.js';

/** Takes jobs over: one record, inserted first, and the message is settled. Everything long happens afterwards. */
@Controller()
export class JobRequestsConsumer {
  constructor(
    private readonly store: AssemblerStore,
    private readonly planner: JobPlanner,
    private readonly cancellation: JobCancellation,
    private readonly clock: Clock,
  ) {}

  @Handles(jobSubmittedV1)
  async submitted(@Payload() { data }: Envelope<JobSubmittedV1>): Promise<Outcome> {
    if (data.workflow === 'none') return done;
    const now = this.clock.now();
    const { jobId, jobType, workflow, ownerGroup, retryOf } = data;
    const notBefore = data.notBefore === undefined ? now : new Date(data.notBefore);
    const isEarly = notBefore > now;
    await this.store.jobs.updateOne(
      { _id: jobId },
      {
        $setOnInsert: {
          jobType,
          workflow,
          group: ownerGroup ?? '',
          ...(retryOf === undefined ? {} : { retryOf }),
          state: 'accepted',
          cancelRequested: false,
          planningUntil: isEarly ? notBefore : now,
          ...(isEarly ? { notBefore } : {}),
          acceptedAt: now,
          updatedAt: now,
          context: currentContext(),
          outbox: { rows: [] },
        },
      },
      { upsert: true },
    );
    crashPoint('assembler.after-accept');
    this.planner.wake();
    return done;
  }

  /** A cancel request that overtakes its job leaves a mark that the job will find. */
  @Handles(jobCancelRequestedV1)
  async cancelRequested(@Payload() { data }: Envelope<JobCancelRequestedV1>): Promise<Outcome> {
    return this.cancellation.request(data.jobId);
  }
}
