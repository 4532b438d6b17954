import type { ConsoleJobs, ToldFact } from '#console-api';
import type { AppInfo } from '../calls/shapes.js';

export interface WaitCount {
  readonly code: string;
  readonly count: number;
  /** One of the facts, for its sentence. */
  readonly sample: ToldFact;
  /** The job that waits longest for it. */
  readonly jobId: string;
  readonly needsPeople: boolean;
}

/** By what holds them most: how many jobs; what people have to decide comes first, then the most. */
export function waitsOf(jobs: ConsoleJobs['items']): readonly WaitCount[] {
  const counts = new Map<string, WaitCount>();
  // The oldest come last in the list: the last of a code is the one that waits longest.
  for (const { id, why } of jobs) {
    const headline = why?.headline;
    if (headline === undefined || headline.code === 'work.running') continue;
    const before = counts.get(headline.code);
    counts.set(headline.code, {
      ...{ code: headline.code, count: (before?.count ?? 0) + 1, sample: headline, jobId: id },
      needsPeople: headline.changeable !== 'nobody' || before?.needsPeople === true,
    });
  }
  return [...counts.values()].sort(
    (one, other) => Number(other.needsPeople) - Number(one.needsPeople) || other.count - one.count,
  );
}

/** What an app cannot reach; health may say more than a word of each. */
export function downIn({ dependencies }: AppInfo): readonly string[] {
  return Object.entries(dependencies ?? {})
    .filter(([, state]) => state === 'down')
    .map(([name]) => name);
}
