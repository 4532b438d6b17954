import { Inject, Injectable } from '@nestjs/common';
import type { Workflow } from '#contracts';
import { Clock, crashPoint } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { newOutbox, OutboxRelay } from '#outbox';
import { DatasetClaims } from '../claims/dataset-claims.js';
import { givenUp } from '../claims/dataset-schedule.js';
import { JobRefusal } from '../domain/errors.js';
import { JobRecords } from '../persistence/job-records.js';
import type { JobRecord } from '../persistence/records.js';
import { JobDatasetLists } from './job-dataset-lists.js';
import type { JobDataset } from './job-datasets.js';

type Posting = NonNullable<NonNullable<JobRecord['catena']>['idempotency']>;

/** Posted jobs on their way into the database: stored once, with their pending messages inside, or not at all. */
@Injectable()
export class JobPostings {
  constructor(
    private readonly jobs: JobRecords,
    private readonly claims: DatasetClaims,
    private readonly lists: JobDatasetLists,
    private readonly relay: OutboxRelay,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The job that the same caller posted before under the same key. */
  async earlier({ user, key, digest }: Posting): Promise<JobRecord | undefined> {
    let before = await this.jobs.postedUnder(user, key);
    if (before?.catena?.storing === true) {
      await this.claims.releaseOrphans();
      before = await this.jobs.postedUnder(user, key);
    }
    if (before === undefined) return undefined;
    // Not accepted, it has not used the key up: a sweep may still give it up.
    if (before.catena?.storing === true) throw beingStored();
    if (before.catena?.idempotency?.digest !== digest) {
      throw new JobRefusal(
        422,
        `Idempotency-Key ${key} was used for another job (${before.id}). Use a new key for a new job.`,
      );
    }
    return before;
  }

  /**
   * Written first, accepted last; the datasets are claimed, and a long list of them written, in between. To accept is one conditional write of the job's own
   * document, and so is to give it up: see `DatasetClaims.releaseOrphans`.
   */
  async store(job: JobRecord, workflow: Workflow, datasets: readonly JobDataset[]): Promise<JobRecord> {
    const stored = await this.accepted(job, workflow, datasets);
    crashPoint('catalog.after-insert');
    this.logger.info(
      { jobId: job._id, type: job.type, workflow, datasets: datasets.length, by: job.createdBy },
      'job is accepted',
    );
    const { rows, dueAt } = stored.catena!.outbox;
    this.relay.carry({ collection: 'Job', documentId: stored._id, rows, claim: dueAt! });
    return stored;
  }

  private async accepted(
    job: JobRecord,
    workflow: Workflow,
    datasets: readonly JobDataset[],
  ): Promise<JobRecord> {
    const catena = job.catena!;
    const { rows } = catena.outbox;
    if (workflow === 'none')
      return this.insert({
        ...job,
        catena: { ...catena, outbox: newOutbox(rows, this.relay.carriedUntil()) },
      });
    await this.insert({ ...job, catena: { ...catena, outbox: { rows: [] }, storing: true } });
    crashPoint('catalog.after-posted');
    // Object storage and the database work at the same time: the client waits for the slower one only.
    const telling = this.lists.toldIn(rows, job, datasets);
    try {
      await this.claims.take(job._id, workflow, datasets);
    } catch (error) {
      // What this leaves behind, the sweep of orphans finds.
      await this.giveUp(job._id).catch(() => undefined);
      void telling.then((told) => this.lists.forget(job._id, told));
      throw error;
    }
    crashPoint('catalog.after-claim');
    const told = await telling;
    crashPoint('catalog.after-list');
    const times = { dueAt: this.relay.carriedUntil(), now: this.clock.now() };
    // A lost answer is no refusal: the job may have been accepted. If it was not, the sweep gives it up.
    const stored = await this.jobs.accept(job, told, times);
    if (stored !== undefined) return stored;
    await this.claims.abandon(job._id);
    throw givenUp();
  }

  private async insert(job: JobRecord): Promise<JobRecord> {
    if (!(await this.jobs.post(job))) throw beingStored();
    return job;
  }

  private async giveUp(jobId: string): Promise<void> {
    await this.jobs.giveUp(jobId);
    await this.claims.abandon(jobId);
  }
}

function beingStored(): JobRefusal {
  return new JobRefusal(
    503,
    'A job with the same Idempotency-Key is being stored at this moment, or its storing was interrupted. Post again to get it.',
    {},
    1,
  );
}
