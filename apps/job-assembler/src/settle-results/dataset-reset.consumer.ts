import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  datasetResetRefusedV1,
  datasetResetV1,
  type DatasetResetRefusedV1,
  type DatasetResetV1,
  type Envelope,
} from '#contracts';
import { done, Handles, type Outcome } from '#messaging';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import { DatasetEnding } from './dataset-ending.js';
import { ResetDatablocks } from './reset-datablocks.js';

/** What the catalogue made of a reset. */
@Controller()
export class DatasetResetConsumer {
  constructor(
    private readonly tasks: DatasetTasks,
    private readonly datablocks: ResetDatablocks,
    private readonly ending: DatasetEnding,
  ) {}

  @Handles(datasetResetV1)
  async reset(@Payload() { data }: Envelope<DatasetResetV1>): Promise<Outcome> {
    const task = await this.tasks.ofDataset(data.jobId, data.pid, 'reset');
    if (task === undefined) return unknownTask(data);
    await this.datablocks.setAside(task._id);
    await this.ending.end(task._id, 'registering', 'succeeded');
    return done;
  }

  /** Its datablocks are listed as before, so its tapes stay. */
  @Handles(datasetResetRefusedV1)
  async refused(@Payload() { data }: Envelope<DatasetResetRefusedV1>): Promise<Outcome> {
    const { code, message } = data;
    const task = await this.tasks.ofDataset(data.jobId, data.pid, 'reset');
    if (task === undefined) return unknownTask(data);
    await this.ending.end(task._id, 'registering', 'failed', { code, message, fault: 'system' });
    return done;
  }
}

function unknownTask({ jobId, pid }: DatasetResetV1): Outcome {
  return {
    kind: 'dead',
    code: 'assembly.task-unknown',
    reason: `Expected a reset of ${pid} by job ${jobId}, found none.`,
  };
}
