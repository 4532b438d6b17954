import { Injectable } from '@nestjs/common';
import { Catalogue } from './catalogue.js';
import { withoutWords } from './own-fields.js';
import type { JobMailKind, JobRecord } from './records.js';

/** A job whose mails one process sends at the moment. */
export interface TakenMails {
  readonly job: JobRecord;
  /** As they were when the lease was taken, or renewed. */
  readonly mails: NonNullable<NonNullable<JobRecord['catena']>['mails']>;
  /** Until when nobody else does: a process that was overtaken has another one. */
  readonly until: Date;
}

/**
 * Mails that jobs still have to send. A mail is written with the report that it tells of, in one write; each step of its sending
 * asks for the lease under which it is sent.
 */
@Injectable()
export class JobMailRecords {
  constructor(private readonly catalogue: Catalogue) {}

  /** The one that has waited longest. */
  async take(now: Date, until: Date): Promise<TakenMails | undefined> {
    const job = await this.catalogue.jobs.findOneAndUpdate(
      {
        'catena.mailsDue': { $lte: now },
        $or: [{ 'catena.mailsTaken': { $exists: false } }, { 'catena.mailsTaken': { $lte: now } }],
      },
      { $set: { 'catena.mailsTaken': until } },
      { sort: { 'catena.mailsDue': 1 }, returnDocument: 'after', projection: withoutWords },
    );
    return job === null ? undefined : { job, until, mails: job.catena?.mails ?? {} };
  }

  /** @returns undefined when the lease ran out and another process has it */
  async renew({ job, until: held }: TakenMails, until: Date): Promise<TakenMails | undefined> {
    const renewed = await this.catalogue.jobs.findOneAndUpdate(
      { _id: job._id, 'catena.mailsTaken': held },
      { $set: { 'catena.mailsTaken': until } },
      { returnDocument: 'after', projection: { 'catena.mails': 1 } },
    );
    return renewed === null ? undefined : { job, until, mails: renewed.catena?.mails ?? {} };
  }

  /**
   * One address has got it, or never will: that is so whoever holds the lease now, as long as the mail is still to be sent to others.
   *
   * @param digest of the address: addresses stand in no second place
   */
  async noteSent({ job, mails }: TakenMails, kind: JobMailKind, digest: string): Promise<boolean> {
    const { matchedCount } = await this.catalogue.jobs.updateOne(
      { _id: job._id, [`catena.mails.${kind}.at`]: mails[kind]?.at ?? { $exists: true } },
      { $addToSet: { [`catena.mails.${kind}.sent`]: digest } },
    );
    return matchedCount === 1;
  }

  /** Another try, at that time. A mail of another kind that comes meanwhile is sent at once. */
  async postpone({ job, until }: TakenMails, kind: JobMailKind, dueAt: Date): Promise<void> {
    const { _id, catena } = job;
    await this.catalogue.jobs.updateOne(
      { _id, 'catena.mailsTaken': until, 'catena.mailsDue': catena?.mailsDue },
      { $set: { 'catena.mailsDue': dueAt }, $inc: { [`catena.mails.${kind}.tries`]: 1 } },
    );
  }

  /** Everybody has got it. */
  async end({ job, until }: TakenMails, kind: JobMailKind): Promise<void> {
    await this.change(job._id, until, { $unset: { [`catena.mails.${kind}`]: '' } });
  }

  /** Gives the job back; when nothing is left to be sent, it is looked at no more. */
  async release({ job, until }: TakenMails): Promise<void> {
    const { _id } = job;
    const nothing = { 'catena.mails.start': { $exists: false }, 'catena.mails.end': { $exists: false } };
    await this.catalogue.jobs.updateOne(
      { _id, ...nothing },
      { $unset: { 'catena.mails': '', 'catena.mailsDue': '' } },
    );
    await this.change(_id, until, { $unset: { 'catena.mailsTaken': '' } });
  }

  private async change(_id: string, until: Date, change: object): Promise<boolean> {
    const { matchedCount } = await this.catalogue.jobs.updateOne({ _id, 'catena.mailsTaken': until }, change);
    return matchedCount === 1;
  }
}
