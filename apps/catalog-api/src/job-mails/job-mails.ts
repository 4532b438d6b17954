import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { backOff, Clock } from '#kernel';
import { HostedLoop } from '#leased-work';
import { MailFault, sendMail } from '#mail';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { Catalogue } from '../persistence/catalogue.js';
import { JobMailRecords, type TakenMails } from '../persistence/job-mail-records.js';
import { jobMailKinds, type JobMail, type JobMailKind } from '../persistence/records.js';
import { recipientsOf, toldBy, type MailPolicy } from './job-mail-rules.js';
import { JobMailTexts, type JobMailText } from './job-mail-texts.js';

const interval = 5000;
/** Milliseconds: longer than one mail may take, and what is written about it after that. */
const lease = 180_000;
const patience = { connect: 20_000, answer: 60_000, whole: 120_000 };
/** Milliseconds before the second try, and at most between two. */
const pauses = { first: 60_000, most: 3_600_000 };

/** What became of a mail to one address: it is settled (for good, or it went out), it can go later, or nothing goes out now. */
type Delivery = 'settled' | 'later' | 'away';

/**
 * Sends the mails of jobs, each address its own, so that nobody sees who else is told. Who got one is written down before the
 * next one is sent: after a crash at most one is sent again, with the id it had. A mail server that is away holds up no job, and a bad address nobody else's mail.
 */
@Injectable()
export class JobMails extends HostedLoop {
  constructor(
    private readonly records: JobMailRecords,
    private readonly catalogue: Catalogue,
    private readonly texts: JobMailTexts,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      ...{ name: 'mails of jobs', pause: interval, logger, restsFirst: true },
      fault: 'could not send the mails of a job, trying again',
    });
  }

  /** The mails of one job. */
  async round(): Promise<boolean> {
    if (this.config.jobMails === undefined || this.config.mail === undefined) return false;
    const now = this.clock.now();
    const taken = await this.records.take(now, this.leaseEnd());
    if (taken === undefined) return false;
    let held: TakenMails | undefined = taken;
    for (const kind of jobMailKinds) {
      const mail = taken.job.catena?.mails?.[kind];
      if (mail !== undefined && held !== undefined) held = await this.send(held, kind, mail);
    }
    if (held !== undefined) await this.records.release(held);
    return true;
  }

  /** @returns undefined when another process has the job */
  private async send(taken: TakenMails, kind: JobMailKind, mail: JobMail): Promise<TakenMails | undefined> {
    const { job } = taken;
    if (this.clock.now().getTime() - mail.at.getTime() > this.config.jobMails!.lifetime)
      return this.giveUp(taken, kind, mail);
    const told = toldBy(kind, job, mail);
    const text = this.texts.of(told, job);
    const { archiveManagers } = this.config.jobMails!;
    const recipients = recipientsOf(told, job, await this.policyOf(job.ownerGroup), archiveManagers);
    let held: TakenMails | undefined = taken;
    let isDelayed = false;
    for (const to of fromAnother(recipients, mail)) {
      const digest = digestOf(to);
      held = await this.records.renew(held, this.leaseEnd());
      if (held === undefined) return undefined;
      // Whoever was overtaken may have noted one meanwhile.
      if (held.mails[kind]?.sent.includes(digest) === true) continue;
      const delivery = await this.deliver(to, text, { jobId: job.id, kind, digest });
      if (delivery === 'settled') await this.records.noteSent(held, kind, digest);
      else isDelayed = true;
      // The others wait with it: the server is away, as far as anybody knows.
      if (delivery === 'away') break;
    }
    if (!isDelayed) await this.records.end(held, kind);
    else await this.later(held, kind, mail);
    return held;
  }

  private async deliver(
    to: string,
    { subject, text }: JobMailText,
    { jobId, kind, digest }: { readonly jobId: string; readonly kind: JobMailKind; readonly digest: string },
  ): Promise<Delivery> {
    const messageId = `<job-${digestOf(jobId)}-${kind}-${digest}@catena>`;
    try {
      await sendMail(this.config.mail!, { to, subject, text, messageId }, patience);
      this.logger.info({ jobId, kind }, 'a mail of a job was sent');
      return 'settled';
    } catch (error) {
      if (!(error instanceof MailFault)) throw error;
      const facts = { jobId, kind, error: error.message };
      if (error.isForAddress) this.logger.warn(facts, 'a mail of a job was refused for good by its address');
      else this.logger.warn(facts, 'a mail of a job could not be sent, trying again');
      if (error.isForAddress) return 'settled';
      return error.isForMail ? 'later' : 'away';
    }
  }

  private async later(held: TakenMails, kind: JobMailKind, mail: JobMail): Promise<void> {
    const { at, tries } = mail;
    const now = this.clock.now().getTime();
    const next = now + Math.max(interval, backOff(tries, pauses.first, pauses.most));
    if (next - at.getTime() <= this.config.jobMails!.lifetime)
      return this.records.postpone(held, kind, new Date(next));
    await this.giveUp(held, kind, mail);
  }

  private async giveUp(held: TakenMails, kind: JobMailKind, { tries }: JobMail): Promise<TakenMails> {
    const { id: jobId } = held.job;
    this.logger.error({ jobId, kind, tries }, 'a mail of a job was given up: its lifetime is over');
    await this.records.end(held, kind);
    return held;
  }

  private async policyOf(ownerGroup: string | undefined): Promise<MailPolicy | undefined> {
    if (ownerGroup === undefined) return undefined;
    const found = await this.catalogue.records('Policy').findOne({ ownerGroup }, { sort: { _id: 1 } });
    return found === null ? undefined : (found as unknown as MailPolicy);
  }

  private leaseEnd(): Date {
    return new Date(this.clock.now().getTime() + lease);
  }
}

/** Those that are left, from another one on at each try: one at which a server falls silent keeps nobody behind it from theirs. */
function fromAnother(recipients: readonly string[], { sent, tries }: JobMail): readonly string[] {
  const left = recipients.filter((to) => !sent.includes(digestOf(to)));
  const first = left.length === 0 ? 0 : tries % left.length;
  return [...left.slice(first), ...left.slice(0, first)];
}

/** Says no address where it is stored, and makes one name of one address. */
function digestOf(text: string): string {
  return createHash('sha256').update(text.toLowerCase()).digest('hex').slice(0, 32);
}
