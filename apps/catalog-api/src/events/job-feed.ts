import { Injectable } from '@nestjs/common';
import { accessTable } from '../domain/access-table.js';
import { AccessRules } from '../domain/access.js';
import { acceptedJobs, Catalogue } from '../persistence/catalogue.js';
import type { JobRecord } from '../persistence/records.js';
import { newsOf, shownOfJobs } from './job-events.js';
import type { OpenStream } from './open-stream.js';
import { ShownTexts } from './shown-texts.js';

/** Clocks of processes differ; what is seen twice is sent once. */
const overlap = 5000;
const maxJobsAtOnce = 500;

/** Listeners to whatever happens to the jobs they may see. One look at the database serves all of them. */
@Injectable()
export class JobFeed {
  private readonly listeners = new Set<OpenStream>();
  private readonly sent = new Map<string, number>();
  private since = new Date(0);

  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    private readonly texts: ShownTexts,
  ) {}

  /** @returns a function that ends it */
  add(stream: OpenStream, now: Date): () => void {
    if (this.listeners.size === 0) this.since = now;
    this.listeners.add(stream);
    return () => {
      this.listeners.delete(stream);
      if (this.listeners.size === 0) this.sent.clear();
    };
  }

  async look(now: Date): Promise<void> {
    if (this.listeners.size === 0) return;
    const from = new Date(this.since.getTime() - overlap);
    const jobs = await this.catalogue.jobs
      .find({ updatedAt: { $gte: from }, ...acceptedJobs }, { projection: shownOfJobs })
      .sort({ updatedAt: 1 })
      .limit(maxJobsAtOnce)
      .toArray();
    const last = jobs.length === maxJobsAtOnce ? jobs.at(-1)?.updatedAt : undefined;
    this.since = last === undefined ? now : new Date(last.getTime() + overlap);
    for (const job of jobs) this.tell(job);
    for (const [id, time] of this.sent) if (time < from.getTime()) this.sent.delete(id);
  }

  private tell(job: JobRecord): void {
    const time = job.updatedAt.getTime();
    if (this.sent.get(job._id) === time) return;
    this.sent.set(job._id, time);
    for (const stream of this.listeners)
      if (this.rules.allows(accessTable.job.read, stream.caller, job))
        stream.send('job', newsOf(job, this.texts.of(stream.caller)));
  }
}
