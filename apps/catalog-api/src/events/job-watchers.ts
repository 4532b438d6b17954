import { Injectable } from '@nestjs/common';
import { accessTable } from '../domain/access-table.js';
import { AccessRules } from '../domain/access.js';
import { acceptedJobs, Catalogue } from '../persistence/catalogue.js';
import type { JobRecord } from '../persistence/records.js';
import { shownOfJobs, stateOf, type JobState } from './job-events.js';
import type { OpenStream } from './open-stream.js';
import { ShownTexts } from './shown-texts.js';

interface Watcher {
  readonly stream: OpenStream;
  status: string;
  progress: string;
}

/** Jobs of one query. */
const maxAtOnce = 500;

/** Who watches which job. One look at the database serves all of them. */
@Injectable()
export class JobWatchers {
  private readonly watched = new Map<string, Set<Watcher>>();

  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    private readonly texts: ShownTexts,
  ) {}

  /** @returns a function that ends it */
  add(job: JobRecord, stream: OpenStream): () => void {
    const watchers = this.watched.get(job._id) ?? new Set();
    this.watched.set(job._id, watchers);
    const watcher = { stream, status: '', progress: '' };
    watchers.add(watcher);
    this.tell(watcher, job);
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.watched.get(job._id) === watchers) this.watched.delete(job._id);
    };
  }

  watches(jobId: string): boolean {
    return this.watched.has(jobId);
  }

  /** @param only jobs that are known to have changed; absent: all that are watched */
  async look(only?: readonly string[]): Promise<void> {
    const ids = (only ?? [...this.watched.keys()]).filter((id) => this.watched.has(id));
    for (let start = 0; start < ids.length; start += maxAtOnce)
      await this.lookAt(ids.slice(start, start + maxAtOnce));
  }

  private async lookAt(ids: readonly string[]): Promise<void> {
    const jobs = await this.catalogue.jobs
      .find({ _id: { $in: [...ids] }, ...acceptedJobs }, { projection: shownOfJobs })
      .toArray();
    const found = new Map(jobs.map((job) => [job._id, job]));
    for (const id of ids)
      for (const watcher of this.watched.get(id) ?? []) {
        const job = found.get(id);
        if (job === undefined) watcher.stream.end();
        else this.tell(watcher, job);
      }
  }

  private tell(watcher: Watcher, job: JobRecord): void {
    const { stream } = watcher;
    // Owners and groups change while a stream lives.
    if (!this.rules.allows(accessTable.job.read, stream.caller, job)) return stream.end();
    const { status, progress, isOver }: JobState = stateOf(job, this.texts.of(stream.caller));
    if (status !== watcher.status) stream.send('status', (watcher.status = status));
    if (progress !== undefined && progress !== watcher.progress)
      stream.send('progress', (watcher.progress = progress));
    if (!isOver) return;
    stream.send('end', status);
    stream.end();
  }
}
