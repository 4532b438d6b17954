import type { ShownJob } from '#console-api';

/** Where the page of a job is. */
export function addressOf({ id }: ShownJob): string {
  return `${window.location.origin}/console/jobs/${encodeURIComponent(id)}`;
}
