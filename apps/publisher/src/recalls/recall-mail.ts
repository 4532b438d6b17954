import { Inject, Injectable } from '@nestjs/common';
import nodemailer from 'nodemailer';
import { messageOf, TransientError } from '#kernel';
import type { Recall } from '../persistence/records.js';
import type { PublisherConfig } from '../publisher.config.js';
import { ConfigToken } from '../publisher.tokens.js';

const texts = {
  en: {
    subject: (doi: string) => `The files of ${doi} are ready`,
    ready: (page: string) =>
      `The files you asked for have been brought back from tape:\n\n${page}\n\nThey stay for some days.\n`,
    failedSubject: (doi: string) => `The files of ${doi} could not be brought back`,
    failed: (page: string) =>
      `Sorry: the files you asked for could not be brought back from tape.\n\n${page}\n`,
  },
  de: {
    subject: (doi: string) => `Die Dateien von ${doi} liegen bereit`,
    ready: (page: string) =>
      `Die gewünschten Dateien sind vom Band zurückgeholt worden:\n\n${page}\n\nSie bleiben einige Tage lang.\n`,
    failedSubject: (doi: string) => `Die Dateien von ${doi} konnten nicht zurückgeholt werden`,
    failed: (page: string) =>
      `Leider konnten die gewünschten Dateien nicht vom Band zurückgeholt werden.\n\n${page}\n`,
  },
} as const;

/** Tells readers who left an address. The same message id each time, so that a repetition shows as one message. */
@Injectable()
export class RecallMail {
  constructor(@Inject(ConfigToken) private readonly config: PublisherConfig) {}

  async send({ _id, doi, email, language }: Recall, good: boolean, page: string): Promise<void> {
    const { mail } = this.config;
    if (mail === undefined || email === undefined) return;
    const words = texts[language === 'de' ? 'de' : 'en'];
    const { host, port, secure, from } = mail;
    const transport = nodemailer.createTransport({
      ...{ host, port, secure },
      ...{ connectionTimeout: 20_000, greetingTimeout: 20_000, socketTimeout: 60_000 },
    });
    try {
      await transport.sendMail({
        from,
        to: email,
        subject: good ? words.subject(doi) : words.failedSubject(doi),
        text: good ? words.ready(page) : words.failed(page),
        messageId: `<recall-${_id}@catena>`,
      });
    } catch (error) {
      throw new TransientError(
        'publication.mail-away',
        // Mail servers repeat the address; the log is no place for it.
        `Could not send mail for the request ${_id} through ${host}:${port}: ${messageOf(error).replaceAll(email, 'the reader')}`,
      );
    } finally {
      transport.close();
    }
  }
}
