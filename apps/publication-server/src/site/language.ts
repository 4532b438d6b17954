import { dayIn, startOfDay } from '#datacite';
import { chooseLanguage } from '../formats/negotiation.js';
import { german } from './texts-de.js';
import { english, type Texts } from './texts-en.js';

/** The first one is shown to those who want none of them. */
export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

export const textsOf: Readonly<Record<Language, Texts>> = { en: english, de: german };

export function languageFor(asked: string | undefined, header: string | undefined): Language {
  return languages.find((language) => language === asked) ?? chooseLanguage(header, languages);
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** English as Europe writes it: the day before the month. */
const locales: Readonly<Record<Language, string>> = { en: 'en-GB', de: 'de' };

/** Words that are remembered; then all are made again. */
const maxRemembered = 10_000;
const millisecondsOfDay = 86_400_000;

/** What Intl says takes it longer than all the rest of a page. */
function remembering<Key>(make: (key: Key) => string): (key: Key) => string {
  const known = new Map<Key, string>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    if (known.size >= maxRemembered) known.clear();
    const made = make(key);
    known.set(key, made);
    return made;
  };
}

/** Numbers, sizes and dates as a language writes them. */
export class Wording {
  private readonly numbers: Intl.NumberFormat;
  private readonly dayNames: (daysSince1970: number) => string;
  private readonly moments: Intl.DateTimeFormat;
  private readonly languageNames: (tag: string) => string;

  private readonly locale: string;

  constructor(language: Language) {
    const locale = locales[language];
    this.locale = locale;
    this.numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
    const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });
    this.dayNames = remembering((day) => dates.format(day * millisecondsOfDay));
    this.moments = new Intl.DateTimeFormat(locale, {
      dateStyle: 'long',
      timeStyle: 'short',
      timeZone: 'UTC',
    });
    const names = new Intl.DisplayNames([locale], { type: 'language' });
    this.languageNames = remembering((tag) => names.of(tag) ?? tag);
  }

  number(value: number): string {
    return this.numbers.format(value);
  }

  /** Powers of 1000, as disks and downloads are measured. */
  bytes(value: number): string {
    let [rest, unit] = [value, 0];
    while (rest >= 999.95 && unit < units.length - 1) [rest, unit] = [rest / 1000, unit + 1];
    return `${this.numbers.format(rest)}\u00a0${units[unit]}`;
  }

  /** A day; what is no date stays as it is. */
  day(date: Date | string): string {
    if (typeof date === 'string' && /^\d{4}(-\d\d)?$/.test(date)) return date;
    const time = new Date(date);
    return Number.isNaN(time.getTime())
      ? String(date)
      : this.dayNames(Math.floor(time.getTime() / millisecondsOfDay));
  }

  /** A day or the days between two. */
  days(range: string): string {
    const [from = '', to] = range.split('/');
    return to === undefined
      ? this.day(from)
      : `${from === '' ? '' : this.day(from)} – ${to === '' ? '' : this.day(to)}`;
  }

  moment(date: Date): string {
    return `${this.moments.format(date)} UTC`;
  }

  /** When an embargo ends: a day of the zone where it ends with the beginning of one, else the moment. */
  end(date: Date | string, timeZone: string): string {
    const moment = new Date(date);
    const day = new Intl.DateTimeFormat(this.locale, { dateStyle: 'long', timeZone }).format(moment);
    const iso = dayIn(timeZone, moment);
    if (startOfDay(timeZone, iso).getTime() === moment.getTime()) return day;
    return new Intl.DateTimeFormat(this.locale, {
      year: 'numeric',
      month: 'long',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      timeZone,
      timeZoneName: 'short',
    }).format(moment);
  }

  language(tag: string): string {
    try {
      return this.languageNames(tag);
    } catch {
      return tag;
    }
  }
}

export const wordingOf: Readonly<Record<Language, Wording>> = {
  en: new Wording('en'),
  de: new Wording('de'),
};

/** A word of a closed vocabulary in the reader's language, else taken apart: `IsPartOf` → `Is part of`. */
export function wordFor(words: Readonly<Record<string, string>>, value: string): string {
  if (Object.hasOwn(words, value)) return words[value] as string;
  const spaced = value.replace(
    /([a-z])([A-Z])/g,
    (_, left: string, right: string) => `${left} ${right.toLowerCase()}`,
  );
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
