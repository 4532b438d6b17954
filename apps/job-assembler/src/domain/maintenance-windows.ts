import type { MaintenanceWindow, Target } from '#routes';

const minute = 60_000;
const minutesOfDay = 24 * 60;
const minutesOfWeek = 7 * minutesOfDay;
/** Windows that follow one another without a gap; beyond that a target counts as never open. */
const maxWindows = 1000;

/** Whether work may begin at a target: a window closes it. */
export type Opening =
  | { readonly isOpen: true }
  | {
      readonly isOpen: false;
      readonly reason: string;
      /** Absent where its windows leave no time between them. */
      readonly opensAt?: Date;
    };

/**
 * Weekly windows go by the clock on the wall of their time zone: where it repeats an hour in autumn they close it both times;
 * an hour that it leaves out in spring they do not close at all.
 */
export function windowOpen({ windows }: Pick<Target, 'windows'>, now: Date): Opening {
  const first = windows.find((window) => endOf(window, now) !== undefined);
  if (first === undefined) return { isOpen: true };
  const opensAt = firstOpen(windows, now);
  return { isOpen: false, reason: first.reason, ...(opensAt === undefined ? {} : { opensAt }) };
}

function firstOpen(windows: readonly MaintenanceWindow[], now: Date): Date | undefined {
  let at = now;
  for (let count = 0; count < maxWindows; count += 1) {
    const ends = windows.map((window) => endOf(window, at)).filter((end) => end !== undefined);
    if (ends.length === 0) return at;
    at = new Date(Math.min(...ends.map((end) => end.getTime())));
  }
  return undefined;
}

/** When a window that a moment lies in ends, or the wall clock changes before that; undefined for a moment outside. */
function endOf(window: MaintenanceWindow, at: Date): Date | undefined {
  if (window.kind === 'once') return window.from <= at && at < window.to ? window.to : undefined;
  const left = minutesLeft(window, at);
  if (left === undefined) return undefined;
  const begun = Math.floor(at.getTime() / minute) * minute;
  // Where the wall clock is set in between, nothing can be said of what comes after: whoever asks, asks again from there.
  return new Date(firstChange(window.timeZone, begun, begun + left * minute));
}

/** The first minute that the wall clock does not count on from `begun`; `last` where it does. It changes once in a day, at most. */
function firstChange(timeZone: string, begun: number, last: number): number {
  const ahead = aheadOf(timeZone, begun);
  let [before, after] = [begun, last];
  if (aheadOf(timeZone, last) === ahead) return last;
  while (after - before > minute) {
    const middle = before + Math.floor((after - before) / minute / 2) * minute;
    if (aheadOf(timeZone, middle) === ahead) before = middle;
    else after = middle;
  }
  return after;
}

/** How many minutes of a week the wall clock shows more than the time since 1970. */
function aheadOf(timeZone: string, at: number): number {
  const { day, minutes } = wallClock(new Date(at), timeZone);
  const ahead = (day * minutesOfDay + minutes - at / minute) % minutesOfWeek;
  return ahead < 0 ? ahead + minutesOfWeek : ahead;
}

/** Minutes on the wall clock until the window ends; undefined outside of it. */
function minutesLeft(window: Extract<MaintenanceWindow, { kind: 'weekly' }>, at: Date): number | undefined {
  const { days, from, to, timeZone } = window;
  const { day, minutes } = wallClock(at, timeZone);
  const length = to > from ? to - from : to + minutesOfDay - from;
  const gone = minutes - from;
  if (days.includes(day) && gone >= 0 && gone < length) return length - gone;
  const sinceYesterday = gone + minutesOfDay;
  const yesterday = day === 1 ? 7 : day - 1;
  return days.includes(yesterday) && sinceYesterday < length ? length - sinceYesterday : undefined;
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const formats = new Map<string, Intl.DateTimeFormat>();

/** Day of the week, 1 Monday, and minutes after midnight. */
export function wallClock(at: Date, timeZone: string): { readonly day: number; readonly minutes: number } {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      ...({ timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const),
    });
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: weekdays.indexOf(parts.get('weekday') ?? '') + 1,
    minutes: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}
