import type { Clock } from '#kernel';
import { createLogger } from '#observability';
import type { ClaimChecks } from '#claim-check';
import type { Dispatcher } from '../release-work/dispatcher.js';
import { DraftRelease } from '../release-work/draft-release.js';
import { OutsidePlanning } from '../release-work/outside-planning.js';
import { SteeredJobs } from '../release-work/steered-jobs.js';
import { Certification } from '../settle-results/certification.js';
import { DatasetEnding } from '../settle-results/dataset-ending.js';
import { DatasetSettling } from '../settle-results/dataset-settling.js';
import { DatasetSubmission } from '../settle-results/dataset-submission.js';
import { JobEnding } from '../settle-results/job-ending.js';
import { UnregisteredDatablocks } from '../settle-results/unregistered-datablocks.js';
import { configOf } from './assembler-config.js';
import type { Assembler } from './assembler.js';

/** Lists that messages refer to, kept by key. */
export class KeptLists {
  readonly lists = new Map<string, readonly object[]>();

  keepLines(key: string, lines: readonly object[]) {
    this.lists.set(key, lines);
    return Promise.resolve({ bucket: 'control', key, size: 1, sha256: 'x' });
  }
}

/** Everything that settles results, as the module wires it. */
export function settlingOn(
  { jobs, tasks, orders, outside, places, steered }: Assembler,
  clock: Clock,
  kept: KeptLists = new KeptLists(),
  routes = configOf().routes,
) {
  const objects = kept as unknown as ClaimChecks;
  const dispatcher = { wake: () => undefined } as unknown as Dispatcher;
  const jobEnding = new JobEnding(
    ...([jobs, tasks, orders, objects, clock, { routes }, createLogger('test', 'silent')] as const),
  );
  const ending = new DatasetEnding(tasks, jobEnding, new Certification(orders, clock), clock);
  const unregistered = new UnregisteredDatablocks(jobs, tasks, orders, places, clock);
  const submission = new DatasetSubmission(tasks, orders, objects, clock);
  const outsideCopies = new OutsidePlanning(jobs, orders, outside, places, clock);
  const drafts = new DraftRelease(
    ...([jobs, orders, new SteeredJobs(jobs, steered, clock), dispatcher, outsideCopies] as const),
  );
  const settling = new DatasetSettling(tasks, orders, drafts, unregistered, ending, submission);
  return { jobEnding, ending, unregistered, submission, settling, dispatcher, lists: kept.lists };
}
