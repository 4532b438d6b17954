import { Injectable } from '@nestjs/common';
import { changePinsV1, type PinChange, type PinLine, type PinsChangedV1 } from '#contracts';
import { Clock, TransientError, wait } from '#kernel';
import { eventRow } from '#outbox';
import type { Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import { JobChanges } from '../events/job-changes.js';
import { JobRecords } from '../persistence/job-records.js';
import type { JobHistoryEntry, JobRecord } from '../persistence/records.js';
import { JobUpdates } from '../jobs/job-updates.js';

/** Milliseconds for which the answer to a request is waited for before there can be another. */
const patience = 900_000;
/** Attempts of a change that others get in the way of. */
const maxAttempts = 20;
const pauseMilliseconds = 20;

const words: Readonly<Record<PinChange, string>> = {
  extend: 'Asked to keep the retrieved copies for longer.',
  release: 'Asked to let go of the retrieved copies.',
};

/** A retrieved datablock, or a part of one, in the result of a job. */
interface ResultEntry {
  readonly archiveId: string;
  readonly url?: string;
  readonly expiresAt?: string;
}

/** What a finished retrieval has brought: kept for longer, with new links, or let go of. The job's status does not change. */
@Injectable()
export class JobRetrievals {
  constructor(
    private readonly updates: JobUpdates,
    private readonly jobs: JobRecords,
    private readonly news: JobChanges,
    private readonly clock: Clock,
  ) {}

  /** Who may cancel a job may also say what becomes of its copies. */
  async request(caller: Caller, id: string, change: PinChange): Promise<JobRecord> {
    const job = await this.updates.stoppable(caller, id);
    const now = this.clock.now();
    const { catena, statusCode } = job;
    // One that failed, or was cancelled, has no links; what it had brought until then takes room all the same.
    const isEmpty = change === 'extend' && entriesOf(job).length === 0;
    if (catena?.workflow !== 'retrieve' || !catena.finished || isEmpty)
      throw new JobRefusal(
        409,
        `Expected a finished retrieval${change === 'extend' ? ' that has brought something' : ''}, found job ${id} of type ${job.type}, ${statusCode}: there is nothing to keep or to release.`,
      );
    const { asked = 0, answered = 0, askedAt } = catena.pins ?? {};
    if (asked > answered && askedAt !== undefined && now.getTime() - askedAt.getTime() < patience)
      throw underWay(id);
    const number = Math.max(asked, answered) + 1;
    const by = caller.username;
    const workOrderId = `${id}/pins/${number}`;
    const command = { workOrderId, jobId: id, number, change, requestedBy: by };
    const entry: JobHistoryEntry = {
      ...{ at: now, by, statusCode, statusMessage: words[change] },
      event: 'copies-requested',
    };
    const row = eventRow(changePinsV1, command, now);
    const changed = await this.jobs.requestPins(job, number, { row, entry });
    if (changed === undefined) throw underWay(id);
    this.news.tell(id);
    return changed;
  }

  /**
   * Applies the answer: once, and not after that of a later request.
   *
   * @param lines of its list
   */
  async answered(answer: PinsChangedV1, lines: readonly PinLine[]): Promise<void> {
    const { jobId, number } = answer;
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const job = await this.jobs.find(jobId);
      // One that was removed meanwhile.
      if (job?.catena === undefined || (job.catena.pins?.answered ?? 0) >= number) return;
      const now = this.clock.now();
      const entries = entriesOf(job);
      const result = withLines(entries, lines, now);
      const { statusCode, jobResultObject } = job;
      const entry: JobHistoryEntry = {
        ...{ at: now, by: 'catena', statusCode, statusMessage: wordsOf(answer) },
        event: 'copies-changed',
      };
      const touched = { updatedAt: now, updatedBy: 'catena' };
      const isEmpty = entries.length === 0;
      const after = isEmpty ? job : { ...job, jobResultObject: { ...jobResultObject, result } };
      const fields = isEmpty ? touched : { 'jobResultObject.result': result, ...touched };
      const note = { after, fields, entries: [entry], rows: [] };
      if ((await this.jobs.takePins(job, number, note)) !== undefined) return this.news.tell(jobId);
      await wait(Math.random() * pauseMilliseconds * (attempt + 1));
    }
    throw new TransientError(
      'catalog.change-contended',
      `Job ${jobId} changes too often at the moment: what became of its copies is written later.`,
    );
  }
}

function underWay(id: string): JobRefusal {
  return new JobRefusal(
    409,
    `Another request about the copies of job ${id} is under way: ask again when it is answered.`,
  );
}

function entriesOf({ jobResultObject }: JobRecord): readonly ResultEntry[] {
  const result: unknown = (jobResultObject as Record<string, unknown> | undefined)?.['result'];
  return Array.isArray(result) ? (result as ResultEntry[]) : [];
}

/** A copy that was let go of may still be there for another job, but it is not promised any more. */
function withLines(entries: readonly ResultEntry[], lines: readonly PinLine[], now: Date): ResultEntry[] {
  const byId = new Map(lines.map((line) => [line.archiveId, line]));
  return entries.map((entry) => {
    const line = byId.get(entry.archiveId);
    if (line === undefined) return entry;
    if (line.gone === true) return { ...entry, gone: true };
    const { url, expiresAt } = line;
    if (url === undefined || expiresAt === undefined)
      return { ...entry, expiresAt: now.toISOString(), released: true };
    return { ...entry, url, expiresAt };
  });
}

function wordsOf({ change, changed, gone, problem }: PinsChangedV1): string {
  if (problem !== undefined) return `The retrieved copies are as they were: ${problem}`;
  const done = change === 'extend' ? 'kept for longer, with new links' : 'released';
  const lost = gone === 0 ? '' : ` ${gone} were not there for the job any more: retrieve them anew.`;
  return `${changed} retrieved copies are ${done}.${lost}`;
}
