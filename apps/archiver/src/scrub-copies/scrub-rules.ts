import type { ArchiverConfig } from '../archiver.config.js';
import type { CopyFigures, ScrubTurn } from '../persistence/records.js';

/** How old copies on one target are read again. */
export interface ScrubRule {
  /** The promise: milliseconds within which every copy is read once. */
  readonly within: number;
  readonly bytesPerDay: number;
  readonly hoursPerDay: number;
}

/** What a budget has to be, and whether it is. */
export interface ScrubForecast {
  readonly leastBytesPerDay: number;
  /** As fast as the last readings were; absent before the first. */
  readonly leastHoursPerDay?: number;
  readonly keepsPromise: boolean;
}

const day = 86_400_000;
const hour = 3_600_000;
/** What is left for days on which nothing can be read. */
const margin = 1.25;

/** @returns undefined where none are read */
export function scrubRuleOf({ scrub, targets }: ArchiverConfig, name: string): ScrubRule | undefined {
  const own = targets?.find((target) => target.name === name)?.scrub ?? {};
  if (own === 'off') return undefined;
  const { within, bytesPerDay, hoursPerDay } = { ...scrub, ...own };
  return bytesPerDay > 0 && hoursPerDay > 0 ? { within, bytesPerDay, hoursPerDay } : undefined;
}

/**
 * Copies that were proven before then are read: those older than half of the promise, or younger ones where reading all of them takes
 * so long that the last would be late.
 */
export function dueBefore(rule: ScrubRule, now: Date, { figures, rate }: Partial<ScrubTurn>): Date {
  const lead = figures === undefined ? 0 : daysForAll(rule, figures, rate) * day * margin;
  const age = Math.max(0, Math.min(rule.within / 2, rule.within - lead));
  return new Date(now.getTime() - age);
}

/**
 * A day ends where the next copy does not fit into what is left of its budget: the room of a usual copy is not counted on.
 */
export function forecastOf(rule: ScrubRule, figures: CopyFigures, rate?: number): ScrubForecast {
  const days = rule.within / day;
  const leastBytesPerDay = Math.ceil(figures.bytes / days) + figures.usual;
  const leastHoursPerDay = rate === undefined ? undefined : leastBytesPerDay / rate / hour;
  return {
    leastBytesPerDay,
    ...(leastHoursPerDay === undefined ? {} : { leastHoursPerDay: Math.ceil(leastHoursPerDay * 100) / 100 }),
    keepsPromise:
      figures.bytes === 0 ||
      (leastBytesPerDay <= rule.bytesPerDay && (leastHoursPerDay ?? 0) <= rule.hoursPerDay),
  };
}

/** Days that it takes to read all copies once. */
function daysForAll(rule: ScrubRule, { bytes, usual }: CopyFigures, rate?: number): number {
  const inHours = rate === undefined ? Number.POSITIVE_INFINITY : rule.hoursPerDay * hour * rate;
  const perDay = Math.min(rule.bytesPerDay, inHours) - usual;
  return perDay > 0 ? bytes / perDay : Number.POSITIVE_INFINITY;
}
