import { Module } from '@nestjs/common';
import { JobMailTexts } from './job-mail-texts.js';
import { JobMails } from './job-mails.js';

/** Mails that tell people of their jobs. */
@Module({ providers: [JobMails, JobMailTexts] })
export class JobMailsModule {}
