import { Injectable } from '@nestjs/common';
import { ReconciliationCheck, type Finding, type Look, type RepairOutcome } from '#service-host';
import { Jobs } from '../aggregates/jobs.js';
import { ReconciledWork, type QuietTask, type SilentOrder } from '../aggregates/reconciled-work.js';
import { JobSettling } from '../settle-results/job-settling.js';

/** Work that does not move: datasets of which nothing is under way, and orders that the archiver says nothing of. */
@Injectable()
export class QuietWork extends ReconciliationCheck {
  readonly name = 'work that does not move';

  constructor(
    private readonly work: ReconciledWork,
    private readonly jobs: Jobs,
    private readonly settling: JobSettling,
  ) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    for await (const task of this.work.openTasks(look.oldEnough)) {
      look.looked();
      if (await this.work.hasOpenOrders(task._id)) continue;
      const job = await this.jobs.find(task.jobId);
      // One that is planned has no orders yet, and no time limit: its operators see why it waits.
      if (job?.state === 'accepted') continue;
      if (await look.isOldNews('tasks', `${task._id}\n${task.updatedAt.toISOString()}`))
        yield ofTask(task, job !== undefined);
    }
    await look.sawAll('tasks');
    for await (const order of this.work.silentOrders(look.oldEnough)) {
      look.looked();
      yield ofOrder(order);
    }
  }

  /** Has the job looked at once more by the settling that looks at all of them: what that decides, it decides by itself. */
  async repair({ seen }: Finding): Promise<RepairOutcome> {
    const { jobId, taskId } = seen as { readonly jobId: string; readonly taskId: string };
    if (await this.work.hasOpenOrders(taskId)) return 'changed';
    await this.settling.soon(jobId);
    return 'repaired';
  }
}

function ofTask({ _id: taskId, jobId, pid, state, updatedAt }: QuietTask, hasJob: boolean): Finding {
  const isWaiting = state === 'registering';
  return {
    ...{ kind: hasJob ? 'dataset-quiet' : 'dataset-without-job', subject: pid, where: `job ${jobId}` },
    expected: hasJob ? 'work under way, or an end' : 'a job that it is part of',
    found: `${state} since ${updatedAt.toISOString()}, without work`,
    remedy: !hasJob
      ? 'look at the dataset of the job by hand'
      : isWaiting
        ? 'its registration was not answered: look at the parking lots of catalog-api and job-assembler'
        : 'the job is settled again',
    canRepair: hasJob && !isWaiting,
    seen: { jobId, taskId },
  };
}

function ofOrder({ _id, jobId, archiveId, releasedAt, acceptedAt, heardAt }: SilentOrder): Finding {
  const last = heardAt ?? acceptedAt ?? releasedAt;
  return {
    ...{ kind: 'order-silent', subject: _id, where: `job ${jobId}, ${archiveId}`, canRepair: false },
    expected: 'a word of the archiver within RECONCILE_MIN_AGE',
    found: `released ${releasedAt?.toISOString() ?? '?'}, ${acceptedAt === undefined ? 'not accepted' : 'accepted'}, silent since ${last?.toISOString() ?? '?'}`,
    remedy: 'look at the queue and the parking lot of archiver, and at its log for this work order',
  };
}
