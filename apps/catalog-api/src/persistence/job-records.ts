import { Injectable } from '@nestjs/common';
import { newOutbox, OutboxCollection, OutboxRelay, type OutboxRow } from '#outbox';
import { conditionsOf, isDuplicateKey, isThere } from '#persistence';
import { wordsFor } from '#scicat-database';
import { endWords, jobSteps } from '../domain/states.js';
import { acceptedJobs, Catalogue } from './catalogue.js';
import { withoutOwnFields, withoutWords } from './own-fields.js';
import type { JobHistoryEntry, JobMail, JobMailKind, JobProgress, JobRecord, JobRetry } from './records.js';

/** A change of what a job says of itself. */
export interface JobNote {
  /** The job as it will be: what it is found by is made of it. */
  readonly after: JobRecord;
  /** Fields that change; dotted names reach inside. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly entries: readonly JobHistoryEntry[];
  /** Messages about it. */
  readonly rows: readonly OutboxRow[];
}

/** A report of Catena's own. */
export interface JobReport {
  readonly sequence: number;
  readonly finished: boolean;
  /** A mail that tells of it: written with the report, so that it is sent if and only if the report was taken. */
  readonly mail?: { readonly kind: JobMailKind; readonly mail: JobMail };
}

/** How a job says its state. */
const jobs = conditionsOf(jobSteps, {
  storing: { 'catena.storing': true },
  open: { ...acceptedJobs, 'catena.finished': false },
  over: { 'catena.finished': true },
});
const stored = jobs('storing', 'open');
const goesOn = jobs('open', 'open');
const ends = jobs('open', 'over');
const staysOver = jobs('over', 'over');

/** Jobs that Catena does not work on, now or later. */
const atRest = [{ 'catena.workflow': 'none' }, staysOver, { 'catena.workflow': { $exists: false } }];
/** History entries kept in the job document. */
const historyLength = 500;
const maxAttempts = 10;

/**
 * Jobs as the catalogue keeps them: every change of one is a transition of this class, in one write that asks for the state it
 * starts from (`domain/states.ts`) and carries the messages about it.
 */
@Injectable()
export class JobRecords {
  private readonly changes: OutboxCollection;

  constructor(
    private readonly catalogue: Catalogue,
    relay: OutboxRelay,
  ) {
    this.changes = new OutboxCollection(catalogue.jobs, relay, 'catena.outbox');
  }

  /** @returns false when there is one under the same key of the same caller */
  async post(job: JobRecord): Promise<boolean> {
    await this.catalogue.whenSingle();
    try {
      await this.catalogue.store('Job', { ...job, ...wordsFor('Job', job) });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /**
   * From this write on there is such a job. The driver sends a write again whose answer was lost: then the first one makes
   * the second miss.
   *
   * @param dueAt until when whoever accepts it carries its messages himself
   * @returns undefined when the job was given up meanwhile
   */
  async accept(
    job: JobRecord,
    rows: readonly OutboxRow[],
    { dueAt, now }: { readonly dueAt: Date; readonly now: Date },
  ): Promise<JobRecord | undefined> {
    const outbox = newOutbox(rows, dueAt);
    const { _id } = job;
    const { matchedCount } = await this.catalogue.jobs.updateOne(
      { _id, ...stored },
      { $set: { 'catena.outbox': outbox, updatedAt: now }, $unset: { 'catena.storing': '' } },
    );
    if (matchedCount === 0 && !(await this.isAccepted(_id))) return undefined;
    return { ...job, updatedAt: now, catena: { ...job.catena!, outbox } };
  }

  /** From this write on there never was such a job, unless it was accepted before. */
  async giveUp(_id: string): Promise<void> {
    await this.catalogue.jobs.deleteOne({ _id, ...stored });
  }

  /** The same for all that have been stored since before then. */
  async giveUpOlder(before: Date): Promise<void> {
    await this.catalogue.jobs.deleteMany({ ...stored, createdAt: { $lt: before } });
  }

  /**
   * @param audit the entry of who asks
   * @returns undefined when the job is over, or is being cancelled already
   */
  requestCancel(
    _id: string,
    row: OutboxRow,
    entry: JobHistoryEntry,
    audit?: string,
  ): Promise<JobRecord | undefined> {
    const { by, at, reason } = entry;
    return this.changes.changeAndRead<JobRecord>(
      { _id, ...goesOn, 'catena.cancelRequested': { $ne: true } },
      {
        $set: {
          ...{ 'catena.cancelRequested': true, updatedAt: at },
          'catena.cancel': { by, at, ...(reason === undefined ? {} : { reason }) },
          ...(audit === undefined ? {} : { 'catena.cancelAudit': audit }),
        },
        $push: historyOf([entry]),
      },
      [row],
      withoutWords,
    );
  }

  /** Once a person: a script that asks again and again would push everything else out of the history. */
  noteLateCancel(_id: string, entry: JobHistoryEntry): Promise<JobRecord | undefined> {
    const { by, statusMessage } = entry;
    const noted = { $elemMatch: { by, statusMessage } };
    return this.changes.changeAndRead<JobRecord>(
      { _id, ...staysOver, 'catena.history': { $not: noted } },
      { $push: historyOf([entry]) },
      [],
      withoutWords,
    );
  }

  /** Says in the history of a job that is over by which one it is done again. */
  /**
   * The status stays, whatever it is by now.
   *
   * @returns false when it is there already, or there is no such job
   */
  async noteSteering(
    _id: string,
    word: Omit<JobHistoryEntry, 'statusCode'> & { readonly reason: string },
  ): Promise<boolean> {
    const job = await this.find(_id);
    if (job === null || job === undefined) return false;
    const { by, at, event } = word;
    const known = { $elemMatch: { by, at, event } };
    return this.changes.change(
      { _id, ...acceptedJobs, 'catena.history': { $not: known } },
      { $max: { updatedAt: at }, $push: historyOf([{ ...word, statusCode: job.statusCode }]) },
    );
  }

  /**
   * Decides who retries a job that is over.
   *
   * @param before of the retry that was read: it is over, or was never accepted
   * @returns false when another was quicker
   */
  async reserveRetry(_id: string, retry: JobRetry, before: JobRetry | undefined): Promise<boolean> {
    const asRead = before === undefined ? { $exists: false } : before.child;
    const { matchedCount } = await this.catalogue.jobs.updateOne(
      { _id, ...staysOver, [before === undefined ? 'catena.retry' : 'catena.retry.child']: asRead },
      { $set: { 'catena.retry': retry } },
    );
    return matchedCount > 0 || (await this.is({ _id, 'catena.retry.child': retry.child }));
  }

  /** A retry whose child was refused. */
  async releaseRetry(_id: string, child: string): Promise<void> {
    await this.catalogue.jobs.updateOne(
      { _id, 'catena.retry.child': child },
      { $unset: { 'catena.retry': '' } },
    );
  }

  /** A child of the job that is not over. */
  async unfinishedRetryOf(_id: string): Promise<Pick<JobRecord, '_id' | 'createdBy'> | undefined> {
    const found = await this.catalogue.jobs.findOne(
      { 'catena.retryOf': _id, 'catena.finished': { $ne: true }, ...acceptedJobs } as object,
      { projection: { createdBy: 1 } },
    );
    return found ?? undefined;
  }

  noteRetry(_id: string, entry: JobHistoryEntry): Promise<boolean> {
    return this.changes.change(
      { _id, ...staysOver },
      { $set: { updatedAt: entry.at }, $push: historyOf([entry]) },
    );
  }

  /**
   * The next request about what the job has retrieved.
   *
   * @param number greater than those of all before
   * @returns undefined when another was quicker than this one with the job that was read, or the job is not over
   */
  requestPins(
    { _id, catena }: JobRecord,
    number: number,
    { row, entry }: { readonly row: OutboxRow; readonly entry: JobHistoryEntry },
  ): Promise<JobRecord | undefined> {
    const last = catena?.pins?.asked ?? { $exists: false };
    return this.changes.changeAndRead<JobRecord>(
      { _id, ...staysOver, 'catena.pins.asked': last },
      {
        $set: { 'catena.pins.asked': number, 'catena.pins.askedAt': entry.at },
        $push: historyOf([entry]),
      },
      [row],
      withoutWords,
    );
  }

  /** @returns undefined when the job was changed since it was read, or this answer or a later one was taken */
  takePins({ catena }: JobRecord, number: number, note: JobNote): Promise<JobRecord | undefined> {
    const fresh = { ...staysOver, 'catena.pins.answered': { $not: { $gte: number } } };
    return this.take(
      note,
      { ...fresh, 'catena.changes': catena?.changes ?? { $exists: false } },
      { 'catena.pins.answered': number },
    );
  }

  async takeProgress(_id: string, progress: JobProgress): Promise<void> {
    await this.changes.change({ _id, ...goesOn }, { $set: { 'catena.progress': progress } });
  }

  /** @returns undefined when a newer report was taken, or the job is over */
  takeReport({ sequence, finished, mail }: JobReport, note: JobNote): Promise<JobRecord | undefined> {
    const fresh = { ...(finished ? ends : goesOn), 'catena.reported': { $lt: sequence } };
    const mails =
      mail === undefined ? {} : { [`catena.mails.${mail.kind}`]: mail.mail, 'catena.mailsDue': mail.mail.at };
    return this.take(note, fresh, { 'catena.reported': sequence, 'catena.finished': finished, ...mails });
  }

  /** Whatever the job says: any status may follow any other. */
  takeStatus(note: JobNote): Promise<JobRecord | undefined> {
    return this.take(note);
  }

  /** @returns undefined when the job was changed since it was read: what is written was merged with what it said then */
  takeMerged({ catena }: JobRecord, note: JobNote): Promise<JobRecord | undefined> {
    return this.take(note, { 'catena.changes': catena?.changes ?? { $exists: false } });
  }

  /** @returns undefined when Catena works on the job, or there is none */
  async remove(_id: string): Promise<JobRecord | undefined> {
    const resting = { _id, $or: atRest } as object;
    for (let attempt = 0; ; attempt += 1) {
      const removed = await this.catalogue.jobs.findOneAndDelete(resting, { projection: withoutOwnFields() });
      if (removed !== null) return removed;
      // Nothing found may also mean that another change of the job was just under way.
      if (attempt >= maxAttempts || !(await this.is(resting))) return undefined;
    }
  }

  /** Also one that is being stored. */
  find(_id: string): Promise<JobRecord | undefined> {
    return this.one({ _id });
  }

  findAccepted(_id: string): Promise<JobRecord | undefined> {
    return this.one({ _id, ...acceptedJobs });
  }

  /** What a caller posted under a key, also if it is being stored. */
  postedUnder(user: string, key: string): Promise<JobRecord | undefined> {
    return this.one({ 'catena.idempotency.user': user, 'catena.idempotency.key': key });
  }

  /** Also one that is being stored. */
  exists(_id: string): Promise<boolean> {
    return this.is({ _id });
  }

  isStoring(_id: string): Promise<boolean> {
    return this.is({ _id, ...stored });
  }

  /** What is being stored, or was given up, is not. */
  isAccepted(_id: string): Promise<boolean> {
    return this.is({ _id, ...acceptedJobs });
  }

  isOver(_id: string): Promise<boolean> {
    return this.is({ _id, ...staysOver });
  }

  private take(
    { after, fields, entries, rows }: JobNote,
    condition: object = {},
    own: Readonly<Record<string, unknown>> = {},
  ): Promise<JobRecord | undefined> {
    const { unset, set } = markOf(after, { ...fields, ...own });
    return this.changes.changeAndRead<JobRecord>(
      { _id: after._id, ...condition },
      {
        $inc: { 'catena.changes': 1 },
        $set: { ...fields, ...own, ...set, ...wordsFor('Job', after) },
        ...(unset === undefined ? {} : { $unset: unset }),
        $push: historyOf(entries),
      },
      rows,
      withoutWords,
    );
  }

  private async one(condition: object): Promise<JobRecord | undefined> {
    return (await this.catalogue.jobs.findOne(condition, { projection: withoutWords })) ?? undefined;
  }

  private async is(condition: object): Promise<boolean> {
    return isThere(this.catalogue.jobs, condition);
  }
}

/** `catena.unfinished` as it will be: of a job that Catena runs by its last report, of others by what they say. */
function markOf(
  { catena }: JobRecord,
  written: Readonly<Record<string, unknown>>,
): { readonly set?: object; readonly unset?: object } {
  const isOurs = catena?.workflow !== undefined && catena.workflow !== 'none';
  const { 'catena.finished': finished, statusCode } = written;
  // Who writes neither leaves the mark alone: another may write one of them at this moment.
  if (isOurs ? finished === undefined : typeof statusCode !== 'string') return {};
  return (isOurs ? finished === true : endWords.test(String(statusCode)))
    ? { unset: { 'catena.unfinished': '' } }
    : { set: { 'catena.unfinished': true } };
}

/** Appends to the history in the job's document, which keeps the latest entries. */
function historyOf(entries: readonly JobHistoryEntry[]): object {
  return { 'catena.history': { $each: entries, $slice: -historyLength } };
}
