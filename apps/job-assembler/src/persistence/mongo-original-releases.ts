import { Injectable } from '@nestjs/common';
import { OutboxCollection, OutboxRelay, type OutboxRow } from '#outbox';
import { OriginalReleases, type OriginalRelease } from '../aggregates/original-releases.js';
import { openStates, taskSteps } from '../domain/states.js';
import { AssemblerStore } from './assembler-store.js';
import { absent } from './queries.js';

const unanswered = { releaseAskedAt: { $exists: true }, originals: absent, releaseFault: absent } as const;
const projection = { jobId: 1, archiveId: 1, context: 1 } as const;

/** In the work orders that archived the datablocks. */
@Injectable()
export class MongoOriginalReleases extends OriginalReleases {
  constructor(
    private readonly store: AssemblerStore,
    private readonly relay: OutboxRelay,
  ) {
    super();
  }

  async archivingJob(pid: string): Promise<string | undefined> {
    const going = { pid, workflow: 'archive', state: { $in: openStates(taskSteps) } } as const;
    return (await this.store.tasks.findOne(going, { projection: { jobId: 1 } }))?.jobId;
  }

  async *open(pid: string): AsyncIterable<OriginalRelease> {
    const archived = { pid, workflow: 'archive' } as const;
    const tasks = this.store.tasks.find(archived, { projection: { _id: 1 } }).sort({ _id: 1 });
    for await (const { _id: taskId } of tasks)
      yield* this.store.orders.find({ taskId, ...unanswered } as object, { projection }).sort({ _id: 1 });
  }

  askToEnd(id: string, request: OutboxRow, now: Date): Promise<boolean> {
    return new OutboxCollection(this.store.orders, this.relay).change(
      { _id: id, ...unanswered, releaseEndAskedAt: absent },
      { $set: { releaseEndAskedAt: now } },
      [request],
    );
  }
}
