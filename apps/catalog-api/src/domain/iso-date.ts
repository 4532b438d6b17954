import { BadRequest } from './errors.js';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const year = '(?<year>[+-]\\d{6}|[+-]?\\d{4})';
const dates = [
  `${year}(?:-(?<month>\\d\\d)(?:-(?<day>\\d\\d))?)?`,
  `${year}(?<month>\\d\\d)(?<day>\\d\\d)`,
  `${year}-?(?<ordinal>\\d{3})`,
  `${year}-W(?<week>\\d\\d)(?:-(?<weekday>[1-7]))?`,
  `${year}W(?<week>\\d\\d)(?<weekday>[1-7])?`,
].map((pattern) => new RegExp(`^${pattern}$`));
const clockTime =
  /^(?<hours>\d\d)(?:(?<colon>:?)(?<minutes>\d\d)(?:\k<colon>(?<seconds>\d\d))?)?(?:[.,](?<fraction>\d+))?(?<zone>Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** As programs write dates. */
const usual = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

type Groups = Readonly<Record<string, string | undefined>>;

/**
 * ISO 8601 in all its forms: calendar, ordinal and week dates, basic and extended, with a space where the T may stand. A
 * time without a zone is one of UTC, as SciCat reads it: where the service runs must not move a measurement.
 *
 * @returns undefined for what is no such text, or no date of the calendar (30 February)
 */
export function isoDate(text: string): Date | undefined {
  if (usual.test(text)) {
    const written = new Date(text);
    if (!Number.isNaN(written.getTime()) && written.toISOString() === text) return written;
  }
  const [, date = '', time] = /^([^Tt\s]+)(?:[Tt\s](.+))?$/.exec(text) ?? [];
  const start = startOf(date);
  const within = time === undefined ? 0 : millisecondsOf(time);
  if (start === undefined || within === undefined) return undefined;
  const result = new Date(start + within);
  return Number.isNaN(result.getTime()) ? undefined : result;
}

/** @throws BadRequest naming the field, with the words of a body's other faults, for what `isoDate` does not read */
export function dateOf(value: unknown, field: string): Date {
  const date = typeof value === 'number' ? new Date(value) : isoDate(String(value));
  if (date !== undefined && !Number.isNaN(date.getTime())) return date;
  const message = [
    `${field} must be a valid ISO 8601 date string, found ${JSON.stringify(value).slice(0, 100)}`,
  ];
  throw new BadRequest(message.join('; '), { message, error: 'Bad Request', statusCode: 400 });
}

/** A time of a record: old installations keep some as text. An invalid date for what is none. */
export function storedTime(value: unknown): Date {
  if (value instanceof Date) return value;
  const text = typeof value === 'string' ? value : '';
  return isoDate(text) ?? new Date(text);
}

/** Midnight of a date. */
function startOf(text: string): number | undefined {
  const groups = firstMatch(text);
  if (groups === undefined) return undefined;
  const inYear = Number(groups['year']);
  const first = utc(inYear);
  if (groups['ordinal'] !== undefined) {
    const start = first + (Number(groups['ordinal']) - 1) * day;
    return new Date(start).getUTCFullYear() === inYear ? start : undefined;
  }
  if (groups['week'] !== undefined)
    return weekday(inYear, Number(groups['week']), Number(groups['weekday'] ?? 1));
  const month = Number(groups['month'] ?? 1) - 1;
  const ofMonth = Number(groups['day'] ?? 1);
  const start = utc(inYear, month, ofMonth);
  const found = new Date(start);
  return found.getUTCMonth() === month && found.getUTCDate() === ofMonth ? start : undefined;
}

function firstMatch(text: string): Groups | undefined {
  for (const pattern of dates) {
    const match = pattern.exec(text);
    if (match !== null) return match.groups;
  }
  return undefined;
}

/** Week 1 is the one with the first Thursday. */
function weekday(inYear: number, week: number, number: number): number | undefined {
  const fourth = utc(inYear, 0, 4);
  const monday = fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * day + (week - 1) * 7 * day;
  const thursday = new Date(monday + 3 * day);
  return thursday.getUTCFullYear() === inYear ? monday + (number - 1) * day : undefined;
}

/** `Date.UTC` takes the years before 100 for ones of the last century. */
function utc(inYear: number, month = 0, ofMonth = 1): number {
  return new Date(0).setUTCFullYear(inYear, month, ofMonth);
}

/** From midnight in UTC. */
function millisecondsOf(text: string): number | undefined {
  const groups = clockTime.exec(text)?.groups as Groups | undefined;
  if (groups === undefined) return undefined;
  const { hours, minutes, seconds, fraction = '', zone } = groups;
  const [h, m, s] = [hours, minutes ?? 0, seconds ?? 0].map(Number) as [number, number, number];
  const unit = seconds !== undefined ? second : minutes !== undefined ? minute : hour;
  const rest = fractionOf(fraction, unit);
  const total = h * hour + m * minute + s * second + rest;
  const offset = offsetOf(zone);
  if (m > 59 || s > 59 || total > day || (h === 24 && total !== day) || offset === undefined)
    return undefined;
  return total - offset;
}

/** Whole milliseconds: what is finer is cut off, as the dates of databases cut it off. */
function fractionOf(digits: string, unit: number): number {
  return unit === second
    ? Number(digits.padEnd(3, '0').slice(0, 3))
    : Math.floor(Number(`0.${digits}`) * unit + 1e-6);
}

function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined || /^z$/i.test(zone)) return 0;
  const [hours, minutes] = [zone.slice(1, 3), zone.slice(3).replace(':', '')].map(Number) as [number, number];
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * hour + minutes * minute);
}
