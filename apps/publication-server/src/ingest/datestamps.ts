/**
 * The datestamp of a change that is about to be written: the end of the next second. A harvester that asked before the
 * write was durable asked before this time, so its next `from` includes the change (publication.md, D8).
 */
export function nextDatestamp(now: Date, previous?: Date): Date {
  const next = (Math.floor(now.getTime() / 1000) + 1) * 1000;
  return new Date(Math.max(next, previous?.getTime() ?? 0));
}

/** Whether the write became durable in time, so that the datestamp is not earlier than that. */
export function isSettled(datestamp: Date, now: Date): boolean {
  return now.getTime() <= datestamp.getTime();
}
