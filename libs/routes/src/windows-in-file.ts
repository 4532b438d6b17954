import type { FileEntry, FileValue } from './file-reading.js';
import { isTimeZone, momentAt } from './local-time.js';
import type { MaintenanceWindow } from './targets.js';
import { anyText, listOf, oneOf, type Reader } from './values.js';

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const keys = ['from', 'to', 'days', 'hours', 'timeZone', 'reason'];
const maxWindows = 100;

/** The maintenance windows of a target: once `from` and `to`, or each week `days` and `hours`. */
export function readWindows(value: FileValue): readonly MaintenanceWindow[] | undefined {
  const items = value.items('maintenance windows');
  if (items === undefined) return undefined;
  if (items.length > maxWindows)
    return value.refuse(`at most ${maxWindows} windows`, 'Remove those that are over.', `${items.length}`);
  return items.map(readWindow).filter((window) => window !== undefined);
}

function readWindow(value: FileValue): MaintenanceWindow | undefined {
  const entry = value.entry(keys);
  if (entry === undefined) return undefined;
  const reason = entry.optional('reason', anyText) ?? 'maintenance';
  const timeZone = entry.required('timeZone', zone, 'Europe/Zurich');
  const isWeekly = entry.value('days') !== undefined || entry.value('hours') !== undefined;
  return isWeekly ? readWeekly(entry, timeZone, reason) : readOnce(entry, timeZone, reason);
}

const zone: Reader<string> = (value) => {
  const name = value.plain;
  if (typeof name === 'string' && isTimeZone(name)) return name;
  return value.refuse('an IANA time zone', 'Write one such as Europe/Zurich or UTC.');
};

function readOnce(
  entry: FileEntry,
  timeZone: string | undefined,
  reason: string,
): MaintenanceWindow | undefined {
  const from = entry.required('from', momentIn(timeZone), "'2026-12-24T08:00'");
  const to = entry.required('to', momentIn(timeZone), "'2026-12-24T18:00'");
  if (from === undefined || to === undefined || timeZone === undefined) return undefined;
  if (from < to) return { kind: 'once', from, to, reason };
  return entry.value('to')!.refuse('`to` after `from`', 'Correct one of them.');
}

/** Read in UTC where the time zone was refused, so that a wrong time is told all the same. */
function momentIn(timeZone = 'UTC'): Reader<Date> {
  return (value) => {
    const moment = momentAt(value.written ?? '', timeZone);
    return moment ?? value.refuse('a date and a time such as 2026-12-24T08:00', 'Write them so.');
  };
}

function readWeekly(
  entry: FileEntry,
  timeZone: string | undefined,
  reason: string,
): MaintenanceWindow | undefined {
  for (const key of ['from', 'to'])
    entry
      .value(key)
      ?.refuse('no such key beside `days` and `hours`', 'Make two windows of it.', `\`${key}\``);
  const named = entry.required('days', listOf(oneOf(days), { what: 'days', most: 7 }), '[sat, sun]');
  const hours = entry.required('hours', readHours, "'22:00-04:00'");
  if (named === undefined || hours === undefined || timeZone === undefined) return undefined;
  return { kind: 'weekly', days: named.map((day) => days.indexOf(day) + 1), ...hours, timeZone, reason };
}

const readHours: Reader<{ from: number; to: number }> = (value) => {
  const match = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(value.written ?? '');
  if (match === null) return value.refuse("hours such as '22:00-04:00'", 'Write them so, in quotes.');
  const [fromHours, fromMinutes, toHours, toMinutes] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return { from: fromHours * 60 + fromMinutes, to: toHours * 60 + toMinutes };
};
