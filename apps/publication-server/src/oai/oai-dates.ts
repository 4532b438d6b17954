const forms = {
  day: /^\d{4}-\d{2}-\d{2}$/,
  second: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/,
} as const;
const lengths = { day: 86_400_000, second: 1000 } as const;

/** A `from` or `until`: the stretch of time that it names. */
export interface Bound {
  readonly granularity: keyof typeof forms;
  readonly start: Date;
  /** The first moment after it. */
  readonly end: Date;
}

/** Reads a UTC day or second; undefined for anything else, and for days that do not exist. */
export function boundFrom(text: string): Bound | undefined {
  const granularity = forms.day.test(text) ? 'day' : 'second';
  if (!forms[granularity].test(text)) return undefined;
  const start = new Date(text);
  // Date rolls 31 April over into May, and 24:00:00 into the next day.
  if (Number.isNaN(start.getTime()) || !start.toISOString().startsWith(text.replace('Z', '')))
    return undefined;
  return { granularity, start, end: new Date(start.getTime() + lengths[granularity]) };
}

/** `2026-02-03T04:05:06Z` */
export function utcSecond(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
