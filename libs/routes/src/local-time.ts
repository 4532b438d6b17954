const minute = 60_000;

/** Whether this machine knows a time zone of this IANA name. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/**
 * The moment at which clocks of a time zone show a date and a time (`2026-12-24T08:00`). A time that is left out in spring is the one
 * after the gap; of one that comes twice in autumn it is the first.
 *
 * @returns undefined when the calendar has no such time
 */
export function momentAt(local: string, timeZone: string): Date | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)$/.exec(local);
  if (match === null) return undefined;
  const [year, month, day, hours, minutes] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const shown = Date.UTC(year, month - 1, day, hours, minutes);
  if (new Date(shown).toISOString().slice(0, 16) !== local) return undefined;
  const candidates = [shown - 86_400_000, shown + 86_400_000]
    .map((near) => shown - offsetAt(near, timeZone))
    .sort((one, other) => one - other);
  return new Date(
    candidates.find((moment) => moment + offsetAt(moment, timeZone) === shown) ?? candidates[1]!,
  );
}

/** Milliseconds that clocks of a time zone are before UTC at a moment. */
function offsetAt(moment: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-u-hc-h23', {
    ...{ timeZone, year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric' },
  }).formatToParts(moment);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  return shown - Math.floor(moment / minute) * minute;
}
