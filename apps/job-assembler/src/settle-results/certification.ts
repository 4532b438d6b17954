import { Injectable } from '@nestjs/common';
import { certifyDatasetV1 } from '#contracts';
import { Clock } from '#kernel';
import { eventRow } from '#outbox';
import type { DatasetTask } from '../aggregates/records.js';
import { WorkOrders } from '../aggregates/work-orders.js';

/** Workflows after which it is known anew where the copies of a dataset are, and how they are. */
const afterSuccess: ReadonlySet<DatasetTask['workflow']> = new Set([
  'archive',
  'verify',
  'repair',
  'migrate',
]);
/** Those that have read copies all the same: the archiver says of damaged ones why it declines, and the catalogue says so. */
const afterFailure: ReadonlySet<DatasetTask['workflow']> = new Set(['verify', 'repair', 'migrate']);

/**
 * Asks the archiver for a certificate of a dataset, beside the job: the message lies in the outbox of the dataset's first work
 * order, for which no job waits.
 */
@Injectable()
export class Certification {
  constructor(
    private readonly orders: WorkOrders,
    private readonly clock: Clock,
  ) {}

  /** Can be repeated: it is asked for once. */
  async ask(
    { _id: taskId, workflow, jobId, pid, context }: DatasetTask,
    end: 'succeeded' | 'failed',
  ): Promise<void> {
    if (!(end === 'succeeded' ? afterSuccess : afterFailure).has(workflow)) return;
    const first = await this.orders.firstEnded(taskId);
    if (first === undefined || first.certifyAskedAt !== undefined) return;
    const now = this.clock.now();
    const order = { workOrderId: `${first._id}/certify`, jobId, pid };
    await this.orders.askToCertify(first._id, eventRow(certifyDatasetV1, order, now, context), now);
  }
}
