import type { DataciteResource } from './resource.js';
import { startOf } from './syntax.js';
import { dayIn, startOfDay } from './time-zone.js';

/** What a rendering needs to know beside the resource. */
export interface RenderingContext {
  /** The files are not public yet. */
  readonly embargoed: boolean;
  /** ISO 8601: until when they are not, where that is known. */
  readonly embargoUntil?: string;
  /** Where days begin (IANA name). Without it: UTC. */
  readonly timeZone?: string;
  readonly landingPage: string;
}

/** Access rights in the words of COAR and OpenAIRE. */
export interface Access {
  readonly uri: string;
  readonly words: string;
  /** `2027-01-01`: the day on which an embargo ends. */
  readonly endsOn?: string;
}

/** How open the files are, for harvesters. */
export function accessOf({ embargoed, embargoUntil, timeZone = 'UTC' }: RenderingContext): Access {
  if (!embargoed) return { uri: 'info:eu-repo/semantics/openAccess', words: 'open access' };
  const end = startOf(embargoUntil ?? '');
  return {
    uri: 'info:eu-repo/semantics/embargoedAccess',
    words: 'embargoed access',
    ...(end === undefined ? {} : { endsOn: dayIn(timeZone, end) }),
  };
}

/**
 * Until when the author keeps the files closed: the latest `Available` date that lies ahead. A moment is that moment; a day,
 * a month or a year begins where it does in the zone. Of a range the beginning counts. Undefined when nothing lies
 * ahead.
 */
export function embargoOf(
  { dates = [] }: Pick<DataciteResource, 'dates'>,
  now: Date,
  timeZone: string,
): Date | undefined {
  const ends = dates
    .filter(({ dateType }) => dateType === 'Available')
    .map(({ date }) => beginningOf(date.split('/')[0] ?? '', timeZone))
    .filter((date) => date !== undefined)
    .map((date) => date.getTime())
    .filter((time) => time > now.getTime());
  return ends.length === 0 ? undefined : new Date(Math.max(...ends));
}

function beginningOf(date: string, timeZone: string): Date | undefined {
  const start = startOf(date);
  return start === undefined || date.includes('T')
    ? start
    : startOfDay(timeZone, start.toISOString().slice(0, 10));
}
