import { Inject, Injectable } from '@nestjs/common';
import { PermanentError, TransientError } from '#kernel';
import { MailFault, sendMail } from '#mail';
import type { Recall } from '../persistence/records.js';
import { ConfigToken, type PublisherConfig } from '../publisher.config.js';

const texts = {
  en: {
    subject: (doi: string) => `The files of ${doi} are ready`,
    ready: (page: string) =>
      `The files you asked for have been brought back from tape:\n\n${page}\n\nThey stay for some days.\n`,
    confirmSubject: (doi: string) => `Confirm your address: files of ${doi}`,
    confirm: (page: string) =>
      `Somebody, probably you, asked for files from tape and left this address to be told when they are ready. If it was you, confirm it here:\n\n${page}\n\nIf not, do nothing: nothing else will be sent.\n`,
    failedSubject: (doi: string) => `The files of ${doi} could not be brought back`,
    failed: (page: string) =>
      `Sorry: the files you asked for could not be brought back from tape.\n\n${page}\n`,
  },
  de: {
    subject: (doi: string) => `Die Dateien von ${doi} liegen bereit`,
    ready: (page: string) =>
      `Die gewünschten Dateien sind vom Band zurückgeholt worden:\n\n${page}\n\nSie bleiben einige Tage lang.\n`,
    confirmSubject: (doi: string) => `Bestätigen Sie Ihre Adresse: Dateien von ${doi}`,
    confirm: (page: string) =>
      `Jemand, vermutlich Sie, hat Dateien vom Band angefordert und diese Adresse angegeben, um zu erfahren, wann sie bereit sind. Wenn Sie es waren, bestätigen Sie sie hier:\n\n${page}\n\nSonst tun Sie nichts: Es wird nichts weiter gesandt.\n`,
    failedSubject: (doi: string) => `Die Dateien von ${doi} konnten nicht zurückgeholt werden`,
    failed: (page: string) =>
      `Leider konnten die gewünschten Dateien nicht vom Band zurückgeholt werden.\n\n${page}\n`,
  },
} as const;

function wordsFor({ language }: Recall): (typeof texts)['en' | 'de'] {
  return texts[language === 'de' ? 'de' : 'en'];
}

/** Milliseconds: nobody waits for the mail, and a mail server may be slow. */
const patience = { connect: 20_000, answer: 60_000, whole: 120_000 };

/** Tells readers who left an address. The same message id each time, so that a repetition shows as one message. */
@Injectable()
export class RecallMail {
  constructor(@Inject(ConfigToken) private readonly config: PublisherConfig) {}

  /** To readers who have confirmed that the address is theirs. Requests of earlier servers could not ask for that. */
  async send(recall: Recall, good: boolean, page: string): Promise<void> {
    const { doi, confirmation, confirmed } = recall;
    if (confirmation !== undefined && confirmed !== true) return;
    const words = wordsFor(recall);
    const subject = good ? words.subject(doi) : words.failedSubject(doi);
    await this.deliver(recall, {
      subject,
      text: good ? words.ready(page) : words.failed(page),
      kind: 'recall',
    });
  }

  /** The one mail that is sent to an address of which nobody knows whose it is. */
  async askToConfirm(recall: Recall, link: string): Promise<void> {
    const words = wordsFor(recall);
    const subject = words.confirmSubject(recall.doi);
    await this.deliver(recall, { subject, text: words.confirm(link), kind: 'confirm' });
  }

  private async deliver(
    { _id, email }: Recall,
    { subject, text, kind }: { subject: string; text: string; kind: 'recall' | 'confirm' },
  ): Promise<void> {
    const { mail } = this.config;
    if (mail === undefined || email === undefined) return;
    const { host, port } = mail;
    const message = { to: email, subject, text, messageId: `<${kind}-${_id}@catena>` };
    try {
      await sendMail(mail, message, patience);
    } catch (error) {
      if (!(error instanceof MailFault)) throw error;
      if (error.isForAddress)
        throw new PermanentError(
          'publication.address-refused',
          `Expected ${host}:${port} to take mail for the reader of the request ${_id}, found that it refuses the address (${error.message}). The reader can ask again with another one.`,
        );
      throw new TransientError(
        'publication.mail-away',
        `Could not send mail for the request ${_id} through ${host}:${port}: ${error.message}`,
      );
    }
  }
}
