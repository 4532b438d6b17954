/** Hours that a day may begin before or after it does in UTC, and one more. */
const furthest = 16 * 3_600_000;

/** Whether it is the IANA name of a time zone, such as `Europe/Zurich`. */
export function isTimeZone(name: string): boolean {
  // Offsets have no summer time, and some engines take them where others do not.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The day a moment belongs to in a zone: `2027-01-01`. */
export function dayIn(timeZone: string, moment: Date): string {
  const parts = new Map(
    formatFor(timeZone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, value]),
  );
  return `${parts.get('year')?.padStart(4, '0')}-${parts.get('month')}-${parts.get('day')}`;
}

/**
 * The first moment of a day (`2027-01-01`) in a zone: not always midnight, where clocks are put forward in the night. A day
 * that a zone has left out begins with the next one.
 */
export function startOfDay(timeZone: string, day: string): Date {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  let [before, from] = [midnight - furthest, midnight + furthest];
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2);
    if (dayIn(timeZone, new Date(middle)) >= day) from = middle;
    else before = middle;
  }
  return new Date(from);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  formats.set(timeZone, format);
  return format;
}
