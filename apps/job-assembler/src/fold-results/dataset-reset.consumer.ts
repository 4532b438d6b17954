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
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { DatasetTask } from '../persistence/records.js';
import { DatasetResetting } from './dataset-resetting.js';
import { ResultFolder } from './result-folder.js';

/** What the catalogue made of a reset. */
@Controller()
export class DatasetResetConsumer {
  constructor(
    private readonly store: AssemblerStore,
    private readonly resetting: DatasetResetting,
    private readonly folder: ResultFolder,
  ) {}

  @Handles(datasetResetV1)
  async reset(@Payload() { data }: Envelope<DatasetResetV1>): Promise<Outcome> {
    const task = await this.taskOf(data);
    if (task === null) return unknownTask(data);
    await this.resetting.setAside(task._id);
    await this.folder.endTask(task._id, 'registering', 'succeeded');
    return done;
  }

  /** Its datablocks are listed as before, so its tapes stay. */
  @Handles(datasetResetRefusedV1)
  async refused(@Payload() { data }: Envelope<DatasetResetRefusedV1>): Promise<Outcome> {
    const { code, message } = data;
    const task = await this.taskOf(data);
    if (task === null) return unknownTask(data);
    await this.folder.endTask(task._id, 'registering', 'failed', { code, message, fault: 'system' });
    return done;
  }

  private taskOf({ jobId, pid }: DatasetResetV1): Promise<DatasetTask | null> {
    return this.store.tasks.findOne({ jobId, pid, workflow: 'reset' });
  }
}

function unknownTask({ jobId, pid }: DatasetResetV1): Outcome {
  return {
    kind: 'dead',
    code: 'assembly.task-unknown',
    reason: `Expected a reset of ${pid} by job ${jobId}, found none.`,
  };
}
