import type { JobRecord } from '../../../apps/catalog-api/src/persistence/records.js';
import type { Invariant } from './invariant.js';
import { Records } from './records.js';

const endWords = /^(finished|jobCancel)/;

/** What a client was told is accepted is there, and has come to an end. */
export const everyJobEnds: Invariant = {
  name: 'every accepted job ends',
  judge({ installation, actors }, report) {
    const { jobs, assemblyJobs } = new Records(installation);
    const known = new Map(jobs.map((job) => [job._id, job]));
    for (const [key, { id }] of [...actors.posted, ...actors.retried])
      if (id !== undefined && !known.has(id))
        report(`Expected job ${id}, which the client of ${key} was told of, found none in the catalogue.`);
    for (const { _id, catena, statusCode } of jobs) {
      if (catena?.storing === true)
        report(`Expected job ${_id} accepted or gone, found that it is being stored.`);
      else if (catena?.finished !== true || !endWords.test(statusCode))
        report(
          `Expected job ${_id} to be over, found status ${statusCode}, finished ${String(catena?.finished)}.`,
        );
    }
    for (const { _id, state } of assemblyJobs)
      if (state !== 'finished') report(`Expected job ${_id} finished in the assembler, found it ${state}.`);
    if (actors.waiting > 0)
      report(`Expected every client to be answered, found ${actors.waiting} that wait.`);
  },
};

/** Nothing changes what a job came to: neither its status nor its result. */
export const anEndIsFinal: Invariant = {
  name: 'an end is final',
  watch({ installation }, report) {
    const ended = new Map<string, string>();
    installation.databases['catalog-api'].afterWrites.push(({ collection, process, method }) => {
      if (collection !== 'Job') return;
      const jobs = new Map(new Records(installation).jobs.map((job) => [job._id, job]));
      for (const [id, before] of ended) {
        const job = jobs.get(id);
        if (job === undefined) report(`Expected job ${id} to stay, found that ${process} removed it.`);
        else if (endOf(job) !== before)
          report(`Expected job ${id} to stay ${before}, found ${endOf(job)} after ${method} of ${process}.`);
      }
      for (const job of jobs.values()) if (job.catena?.finished === true) ended.set(job._id, endOf(job));
    });
  },
  judge({ installation }, report) {
    const { jobs, assemblyJobs } = new Records(installation);
    const words: Readonly<Record<string, string>> = {
      ...{ succeeded: 'finishedSuccessful', failed: 'finishedUnsuccessful' },
      ...{ partial: 'finishedWithDatasetErrors', cancelled: 'jobCancel' },
    };
    for (const { _id, outcome = '' } of assemblyJobs) {
      const job = jobs.find((one) => one._id === _id);
      if (job !== undefined && job.statusCode !== words[outcome])
        report(`Expected job ${_id}, which ${outcome}, as ${words[outcome]}, found ${job.statusCode}.`);
    }
  },
};

function endOf({ statusCode, jobResultObject }: JobRecord): string {
  return `${statusCode} ${JSON.stringify(jobResultObject)}`;
}

/** Misfortunes pass, and so does what they do to jobs: what fails for good has a reason of its own. */
export const passingFaultsFailNobody: Invariant = {
  name: 'passing faults fail nobody',
  judge({ installation, story }, report) {
    const overwritten = new Set(story.steps.flatMap((step) => (step.does === 'overwrite' ? [step.pid] : [])));
    const records = new Records(installation);
    for (const job of records.jobs) {
      const { _id, type, statusCode, statusMessage } = job;
      if (!/Unsuccessful|Errors/.test(statusCode)) continue;
      if (records.pidsOf(job).some((pid) => overwritten.has(pid))) continue;
      report(`Expected ${type} job ${_id} to succeed, found ${statusCode}: ${statusMessage}`);
    }
  },
};
