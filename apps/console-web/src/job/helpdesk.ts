import type { ShownJob, Why } from '#console-api';
import { factText, plain } from '../parts/fill.js';
import type { Formats } from '../parts/formats.js';
import { missingText } from '../parts/missing-text.js';
import { isOver, shownStatus } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { lineOf } from '../parts/why.js';
import type { Texts } from '../texts/texts-en.js';

interface Known {
  readonly job: ShownJob;
  readonly why: Why | undefined;
  readonly address: string;
  readonly now: Date;
  readonly version: string;
}

/** What a helpdesk needs to know of a job, as plain text without anything secret. */
export function helpdeskText({ job, why, address, now, version }: Known, t: Texts, f: Formats): string {
  const lines = [
    `Catena ${version}, ${now.toISOString()}`,
    address,
    `job ${job.id} (${job.type})`,
    `status ${shownStatus(job)}: ${visible(job.statusMessage)}`,
    `owner ${visible(job.ownerUser ?? '–')}, group ${visible(job.ownerGroup ?? '–')}`,
    `datasets ${job.datasets.count}${job.datasets.first === undefined ? '' : `, first ${visible(job.datasets.first.pid)}`}`,
    `created ${job.createdAt ?? '–'}, changed ${job.updatedAt ?? '–'}`,
    ...(job.progress === undefined
      ? []
      : [
          `progress ${job.progress.bytesDone} of ${job.progress.bytesTotal} bytes, phase ${job.progress.phase ?? '–'}`,
        ]),
    ...(job.retryOf === undefined ? [] : [`retry of ${job.retryOf}`]),
  ];
  if (why === undefined || isOver(job.statusCode)) return lines.join('\n');
  const facts = why.all.map((fact) => {
    const values = Object.entries(fact.facts).map(([name, value]) => `${name}=${factText(name, value, f)}`);
    const times = [
      fact.since === undefined ? '' : `since ${fact.since}`,
      fact.next === undefined ? '' : `next ${fact.next}`,
    ];
    const more = [...values, ...times].filter((one) => one !== '').join(', ');
    return `- ${fact.code} (${fact.app}): ${plain(lineOf(fact, t.waits, f))}${more === '' ? '' : ` [${more}]`}`;
  });
  const missing = why.missing.map((one) => `- ${one.app}: ${missingText(one, t, f)}`);
  return [...lines, `why, at ${why.at}:`, ...facts, ...missing].join('\n');
}
