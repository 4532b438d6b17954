import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { JobFact, JobFacts } from '#console-api';
import { Clock } from '#kernel';
import { WhySources, type WhySource } from '#service-host';
import { isCatenas } from '../domain/states.js';
import { acceptedJobs, Catalogue } from '../persistence/catalogue.js';
import type { JobRecord } from '../persistence/records.js';
import { ownReasons } from '../jobs/job-waiting.js';

/** Milliseconds: who asks now wants to know of what has just been sent, too. */
const patience = 2000;

const fields = {
  ...{ type: 1, statusCode: 1, updatedAt: 1, updatedBy: 1, createdAt: 1 },
  ...{ 'catena.outbox.rows.time': 1, 'catena.outbox.rows.publishedAt': 1, 'catena.outbox.rows.awaits': 1 },
  ...{ 'catena.progress.at': 1, 'catena.notBefore': 1, 'catena.cancelRequested': 1, 'catena.cancel': 1 },
  ...{ 'catena.finished': 1, 'catena.workflow': 1, 'catena.unfinished': 1 },
} as const;

/** What the catalogue knows of why jobs wait: what it has not sent, and what others do with jobs that Catena does not run. */
@Injectable()
export class CatalogFacts implements WhySource, OnModuleInit {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
    private readonly sources: WhySources,
  ) {}

  onModuleInit(): void {
    this.sources.add(this);
  }

  async factsOf(jobIds: readonly string[]): Promise<ReadonlyMap<string, JobFacts>> {
    const jobs = await this.catalogue.jobs
      .find<JobRecord>({ _id: { $in: [...jobIds] }, ...acceptedJobs }, { projection: fields })
      .toArray();
    const now = this.clock.now().getTime();
    return new Map(jobs.map((job) => [job._id, { known: true, facts: factsIn(job, now) }]));
  }
}

function factsIn(job: JobRecord, now: number): JobFact[] {
  if (!isCatenas(job)) return external(job);
  const own = ownReasons(job, now, patience).map(({ message: _message, facts, ...reason }): JobFact => {
    const { messages, ...others } = facts as Record<string, string | number>;
    const fact = { ...reason, facts: others };
    return typeof messages === 'number' ? { ...fact, count: messages } : fact;
  });
  const { cancel, cancelRequested, finished } = job.catena ?? {};
  if (cancelRequested !== true || finished === true) return own;
  const { by = '', at, reason } = cancel ?? {};
  const said: JobFact['facts'] = reason === undefined ? { by } : { by, reason };
  return [
    ...own,
    { code: 'cancel.waiting', facts: said, ...(at === undefined ? {} : { since: at.toISOString() }) },
  ];
}

/** Another system runs it: who changed it last, and when. */
function external({ statusCode, updatedAt, updatedBy, catena }: JobRecord): JobFact[] {
  if (catena?.unfinished !== true) return [];
  const facts: JobFact['facts'] =
    typeof updatedBy === 'string' ? { status: statusCode, by: updatedBy } : { status: statusCode };
  return [{ code: 'external', since: updatedAt.toISOString(), facts }];
}
