import { Controller, Inject } from '@nestjs/common';
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
import { LOGGER, type Logger } from '#observability';
import { Jobs, type NewJob } from '../aggregates/jobs.js';
import { PlanningLoop } from '../plan-job/planning-loop.js';
import { JobCancellation } from './job-cancellation.js';

/** Takes jobs over: one record, inserted first, and the message is settled. Everything long happens afterwards. */
@Controller()
export class JobRequestsConsumer {
  constructor(
    private readonly jobs: Jobs,
    private readonly planning: PlanningLoop,
    private readonly cancellation: JobCancellation,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Handles(jobSubmittedV1)
  async submitted(@Payload() { data }: Envelope<JobSubmittedV1>): Promise<Outcome> {
    if (data.workflow === 'none') return done;
    const {
      jobId,
      jobType,
      workflow,
      ownerGroup,
      retryOf,
      notBefore,
      datasetCount,
      tapeCopies,
      moveFrom,
      moveTo,
      repairAt,
    } = data;
    await this.jobs.accept(
      {
        _id: jobId,
        jobType,
        workflow,
        group: ownerGroup ?? '',
        ...(retryOf === undefined ? {} : { retryOf }),
        ...(tapeCopies === undefined ? {} : { tapeCopies }),
        ...(moveFrom === undefined || moveTo === undefined ? {} : { moveFrom, moveTo }),
        ...(repairAt === undefined ? {} : { repairAt }),
        ...toldIn(data),
        ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore) }),
        context: currentContext(),
      },
      this.clock.now(),
    );
    crashPoint('assembler.after-accept');
    await this.cancellation.ofAccepted(jobId);
    this.logger.info({ workflow, datasets: datasetCount }, 'job is taken over');
    this.planning.wake();
    return done;
  }

  /** One that overtakes its job is kept until the job comes. */
  @Handles(jobCancelRequestedV1)
  async cancelRequested(@Payload() { data }: Envelope<JobCancelRequestedV1>): Promise<Outcome> {
    return this.cancellation.request(data.jobId);
  }
}

/** None where the catalogue is to be asked. Without names of what is absent: a database would keep them as `null`. */
function toldIn({ datasets, datasetList, datasetCount: count }: JobSubmittedV1): Pick<NewJob, 'datasetList'> {
  const lines = datasets?.map(({ pid, files, size, packedSize }) => ({
    ...{ pid, files },
    ...(size === undefined ? {} : { size }),
    ...(packedSize === undefined ? {} : { packedSize }),
  }));
  if (lines !== undefined) return { datasetList: { lines, count } };
  return datasetList === undefined ? {} : { datasetList: { reference: { ...datasetList }, count } };
}
