const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;
const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** Numbers, sizes and times in the words of one language. */
export class Formats {
  private readonly numbers: Intl.NumberFormat;
  private readonly fractions: Intl.NumberFormat;
  private readonly relatives: Intl.RelativeTimeFormat;
  private readonly exact: Intl.DateTimeFormat;
  private readonly short: Intl.DateTimeFormat;
  private readonly days: Intl.DateTimeFormat;

  /** @param zone an IANA name; the browser's without */
  constructor(
    readonly language: string,
    zone?: string,
  ) {
    const timeZone = zone === undefined ? {} : { timeZone: zone };
    // Dates of English pages in the order of Europe, where the facilities are.
    const locale = language === 'en' ? 'en-GB' : language;
    this.numbers = new Intl.NumberFormat(locale);
    this.fractions = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.relatives = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
    this.exact = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'long', ...timeZone });
    this.short = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', ...timeZone });
    this.days = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', ...timeZone });
  }

  number(value: number): string {
    return this.numbers.format(value);
  }

  /** Binary: 1536 is `1.5 KiB`. */
  bytes(value: number): string {
    if (!Number.isFinite(value) || value < 0) return '–';
    const power = value < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
    const amount = value / 1024 ** power;
    return `${(power === 0 || amount >= 100 ? this.numbers : this.fractions).format(
      power === 0 || amount >= 100 ? Math.round(amount) : amount,
    )} ${units[power]}`;
  }

  rate(bytesInSecond: number): string {
    return `${this.bytes(bytesInSecond)}/s`;
  }

  percent(share: number): string {
    // 100 % is said only of what is complete.
    const value = Math.min(Math.max(share, 0), 1);
    return `${this.number(value === 1 ? 100 : Math.min(99, Math.floor(value * 100)))} %`;
  }

  /** `2 h 5 min`; nothing smaller than a second. */
  duration(seconds: number): string {
    if (!Number.isFinite(seconds) || seconds < 0) return '–';
    if (seconds < 60) return `${this.number(Math.round(seconds))} s`;
    const parts: readonly (readonly [string, number])[] = [
      ['d', Math.floor(seconds / 86_400)],
      ['h', Math.floor(seconds / 3600) % 24],
      ['min', Math.floor(seconds / 60) % 60],
    ];
    const first = parts.findIndex(([, amount]) => amount > 0);
    return parts
      .slice(first, first + 2)
      .filter(([, amount]) => amount > 0)
      .map(([unit, amount]) => `${this.number(amount)} ${unit}`)
      .join(' ');
  }

  /** `3 min ago`, `in 2 hr`. */
  relative(at: Date, now: Date): string {
    const seconds = (at.getTime() - now.getTime()) / 1000;
    const [unit, length] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
    return this.relatives.format(Math.trunc(seconds / length), unit);
  }

  /** With its zone. */
  exactly(at: Date): string {
    return this.exact.format(at);
  }

  moment(at: Date): string {
    return this.short.format(at);
  }

  day(at: Date): string {
    return this.days.format(at);
  }
}

/** A time as calls give it; undefined for what is none. */
export function timeIn(value: unknown): Date | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}T/.test(value)) return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
