import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  datasetRegisteredV1,
  datasetRegistrationRefusedV1,
  releaseOriginalsV1,
  type DatasetRegisteredV1,
  type DatasetRegistrationRefusedV1,
  type Envelope,
} from '#contracts';
import { Clock, crashPoint } from '#kernel';
import { done, Handles, type Outcome } from '#messaging';
import { eventRow } from '#outbox';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { DatasetEnding } from './dataset-ending.js';
import { UnregisteredDatablocks } from './unregistered-datablocks.js';

/** The dataset is gone, or belongs to another job by now, which makes datablocks of its own. */
const useless = new Set(['catalog.claim-missing', 'catalog.dataset-missing']);

/** The catalogue vouches for the datablocks: the dataset's part succeeded, and originals in the landing zone may go. */
@Controller()
export class DatasetRegisteredConsumer {
  constructor(
    private readonly tasks: DatasetTasks,
    private readonly orders: WorkOrders,
    private readonly ending: DatasetEnding,
    private readonly unregistered: UnregisteredDatablocks,
    private readonly clock: Clock,
  ) {}

  @Handles(datasetRegisteredV1)
  async registered(@Payload() { data }: Envelope<DatasetRegisteredV1>): Promise<Outcome> {
    const task = await this.tasks.ofDataset(data.jobId, data.pid);
    if (task === undefined) return unknownTask(data);
    await this.releaseOriginals(task._id);
    if (task.workflow === 'archive') await this.unregistered.discardSuperseded(data.pid, data.jobId);
    crashPoint('assembler.after-release-originals');
    await this.ending.end(task._id, 'registering', 'succeeded');
    return done;
  }

  /**
   * Its datablocks stay on long-term storage, for a retried job to use again; no reader may rely on them. Where no retry of
   * this job can have a use for them, they are discarded.
   */
  @Handles(datasetRegistrationRefusedV1)
  async refused(@Payload() { data }: Envelope<DatasetRegistrationRefusedV1>): Promise<Outcome> {
    const { jobId, pid, code, message } = data;
    const task = await this.tasks.ofDataset(jobId, pid);
    if (task === undefined) return unknownTask(data);
    if (useless.has(code) && task.state === 'registering') await this.unregistered.discard(task._id);
    crashPoint('assembler.after-discard');
    await this.ending.end(task._id, 'registering', 'failed', { code, message, fault: 'system' });
    return done;
  }

  private async releaseOriginals(taskId: string): Promise<void> {
    for await (const order of this.orders.withOriginals(taskId)) {
      const { _id, jobId, pid, archiveId, source, files, context } = order;
      const now = this.clock.now();
      const row = eventRow(
        releaseOriginalsV1,
        { workOrderId: `${_id}/release`, jobId, pid, archiveId, source: source!, files: files! },
        now,
        context,
      );
      await this.orders.askToReleaseOriginals(_id, row, now);
    }
  }
}

function unknownTask({ jobId, pid }: { readonly jobId: string; readonly pid: string }): Outcome {
  return {
    kind: 'dead',
    code: 'assembly.task-unknown',
    reason: `Expected a task for ${pid} of job ${jobId}, found none.`,
  };
}
