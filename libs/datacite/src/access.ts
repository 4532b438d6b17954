import type { DataciteResource } from './resource.js';
import { startOf } from './syntax.js';

/** What a rendering needs to know beside the resource. */
export interface RenderingContext {
  /** The files are not public yet. */
  readonly embargoed: boolean;
  /** ISO 8601: until when they are not, where that is known. */
  readonly embargoUntil?: string;
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
export function accessOf({ embargoed, embargoUntil }: RenderingContext): Access {
  if (!embargoed) return { uri: 'info:eu-repo/semantics/openAccess', words: 'open access' };
  const end = startOf(embargoUntil ?? '');
  return {
    uri: 'info:eu-repo/semantics/embargoedAccess',
    words: 'embargoed access',
    ...(end === undefined ? {} : { endsOn: end.toISOString().slice(0, 10) }),
  };
}

/**
 * Until when the author keeps the files closed: the latest `Available` date that lies ahead, at the start of its day
 * (UTC). Of a range the beginning counts. Undefined when nothing lies ahead.
 */
export function embargoOf(resource: DataciteResource, now: Date): Date | undefined {
  const ends = (resource.dates ?? [])
    .filter(({ dateType }) => dateType === 'Available')
    .map(({ date }) => startOf(date.split('/')[0] ?? ''))
    .filter((date) => date !== undefined)
    .map((date) => Math.floor(date.getTime() / 86_400_000) * 86_400_000)
    .filter((time) => time > now.getTime());
  return ends.length === 0 ? undefined : new Date(Math.max(...ends));
}
