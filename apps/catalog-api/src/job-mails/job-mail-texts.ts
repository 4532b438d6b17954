import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import Handlebars from 'handlebars';
import { messageOf, PermanentError } from '#kernel';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import type { JobRecord } from '../persistence/records.js';
import { tellsOfFailure, type ToldMail } from './job-mail-rules.js';

/** What a template sees. */
export interface JobMailFacts {
  readonly jobId: string;
  readonly jobType: string;
  readonly statusCode: string;
  readonly statusMessage: string;
  readonly ownerGroup: string;
  readonly postedBy: string;
  /** Pids and sentences of datasets whose part failed, the first twenty, and how many more there are. */
  readonly failed: readonly { readonly pid: string; readonly message: string }[];
  readonly moreFailed: number;
  /** The job's page in the console; empty where there is none. */
  readonly page: string;
}

export interface JobMailText {
  readonly subject: string;
  readonly text: string;
}

const names = ['start', 'end', 'failure'] as const;
type TemplateName = (typeof names)[number];

const maxFailedShown = 20;

const pageLines = `{{#if page}}

Its page, with why it waits and what was done: {{page}}
{{/if}}
`;

/** The first line is the subject; an empty line ends it. */
const builtIn: Readonly<Record<TemplateName, string>> = {
  start: `The {{jobType}} job {{jobId}} has begun

The {{jobType}} job {{jobId}}, posted by {{postedBy}} for {{ownerGroup}}, has begun.

{{statusMessage}}
${pageLines}`,
  end: `The {{jobType}} job {{jobId}} has ended: {{statusCode}}

The {{jobType}} job {{jobId}}, posted by {{postedBy}} for {{ownerGroup}}, has ended: {{statusCode}}.

{{statusMessage}}
${pageLines}`,
  failure: `The {{jobType}} job {{jobId}} did not do all of its work: {{statusCode}}

The {{jobType}} job {{jobId}}, posted by {{postedBy}} for {{ownerGroup}}, has ended: {{statusCode}}.

{{statusMessage}}
{{#each failed}}

- {{pid}}
  {{message}}
{{/each}}
{{#if moreFailed}}

… and {{moreFailed}} more.
{{/if}}
${pageLines}`,
};

/** What mails say: texts of our own, or those of the folder `JOB_MAIL_TEMPLATES`, one file each. */
@Injectable()
export class JobMailTexts implements OnModuleInit {
  private readonly engine = Handlebars.create();
  private readonly templates = new Map<TemplateName, Handlebars.TemplateDelegate<JobMailFacts>>();

  constructor(@Inject(ConfigToken) private readonly config: CatalogApiConfig) {}

  /** @throws PermanentError for a template that cannot be used: that is found out at start, not at the first mail */
  async onModuleInit(): Promise<void> {
    for (const name of names) {
      const source = (await this.fromFolder(name)) ?? builtIn[name];
      const template = this.engine.compile<JobMailFacts>(source, { noEscape: true });
      try {
        this.textOf(template(example));
      } catch (error) {
        throw new PermanentError(
          'kernel.configuration',
          `Expected in ${this.fileOf(name)} a Handlebars template whose first line is the subject and whose second one is empty, found that it cannot be used: ${messageOf(error)}`,
        );
      }
      this.templates.set(name, template);
    }
  }

  of(told: ToldMail, job: JobRecord): JobMailText {
    const template = this.templates.get(tellsOfFailure(told) ? 'failure' : told.kind)!;
    const { consoleUrl } = this.config.jobMails ?? {};
    const page = consoleUrl === undefined ? '' : `${consoleUrl}/jobs/${encodeURIComponent(job.id)}`;
    return this.textOf(template({ ...factsOf(told, job), page }));
  }

  private textOf(rendered: string): JobMailText {
    const [subject = '', blank = '', ...lines] = rendered.split(/\r?\n/);
    if (subject.trim() === '' || blank.trim() !== '')
      throw new Error('the first line must be a subject, and the second one empty');
    return { subject: subject.trim(), text: lines.join('\n') };
  }

  private async fromFolder(name: TemplateName): Promise<string | undefined> {
    if (this.config.jobMails?.templates === undefined) return undefined;
    try {
      return await readFile(this.fileOf(name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  private fileOf(name: TemplateName): string {
    return join(this.config.jobMails?.templates ?? '', `${name}.txt`);
  }
}

const example: JobMailFacts = {
  ...{ jobId: 'id', jobType: 'archive', statusCode: 'inProgress', statusMessage: 'A sentence.' },
  ...{ ownerGroup: 'group', postedBy: 'demo', failed: [{ pid: 'pid', message: 'why' }], moreFailed: 1 },
  page: 'https://data.example.org/console/jobs/id',
};

/** One line each: what others have written must not become lines of the mail's head. */
function factsOf({ kind, statusCode, statusMessage }: ToldMail, job: JobRecord): Omit<JobMailFacts, 'page'> {
  const bad = kind === 'end' ? job.jobResultObject['bad'] : undefined;
  const failed = (Array.isArray(bad) ? (bad as { pid?: unknown; message?: unknown }[]) : []).map(
    ({ pid, message }) => ({ pid: oneLine(pid), message: oneLine(message) }),
  );
  return {
    jobId: oneLine(job.id),
    jobType: oneLine(job.type),
    statusCode: oneLine(statusCode),
    statusMessage: oneLine(statusMessage),
    ownerGroup: oneLine(job.ownerGroup ?? 'no group'),
    postedBy: oneLine(job.ownerUser ?? 'a caller without an account'),
    failed: failed.slice(0, maxFailedShown),
    moreFailed: Math.max(0, failed.length - maxFailedShown),
  };
}

function oneLine(value: unknown): string {
  const text = typeof value === 'string' ? value : '';

  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').slice(0, 2000);
}
