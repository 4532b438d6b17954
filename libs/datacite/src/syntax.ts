const languageTag = /^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$/;
const uriCharacters = /^[a-z][a-z0-9+.-]*:(?:[a-z0-9\-._~:/?#@!$&'()*+,;=]|%[0-9a-f]{2})+$/i;
const orcidForm =
  /^(?:https?:\/\/)?(?:www\.)?(?:orcid\.org\/|orcid:\s*)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dx])\/?$/i;
const rorForm = /^(?:https?:\/\/)?(?:www\.)?(?:ror\.org\/)?(0[0-9a-hjkmnp-tv-z]{6}\d{2})\/?$/i;
const rorAlphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const instant =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?)?)?$/;

/** Whether XML Schema takes it as a language tag (BCP 47 in form; the registry is not asked). */
export function isLanguage(text: string): boolean {
  return languageTag.test(text);
}

/** The text as an absolute URI of plain characters; undefined when it is none. */
export function uriOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (wellFormed(text)) return text;
  const href = URL.canParse(text) ? new URL(text).href : '';
  return wellFormed(href) ? href : undefined;
}

/** `https://orcid.org/…` of a bare or full ORCID iD whose check digit is right. */
export function orcidOf(text: string): string | undefined {
  const [, ...groups] = orcidForm.exec(text.trim()) ?? [];
  const digits = groups.join('').toUpperCase();
  if (digits.length !== 16) return undefined;
  let total = 0;
  for (const digit of digits.slice(0, 15)) total = (total + Number(digit)) * 2;
  const check = (12 - (total % 11)) % 11;
  if (digits[15] !== (check === 10 ? 'X' : String(check))) return undefined;
  return `https://orcid.org/${digits.match(/.{4}/g)!.join('-')}`;
}

/** `https://ror.org/…` of a bare or full ROR id whose check digits are right. */
export function rorOf(text: string): string | undefined {
  const id = rorForm.exec(text.trim())?.[1]?.toLowerCase();
  if (id === undefined) return undefined;
  let value = 0;
  for (const letter of id.slice(0, 7)) value = value * 32 + rorAlphabet.indexOf(letter);
  return Number(id.slice(7)) === 98 - ((value * 100) % 97) ? `https://ror.org/${id}` : undefined;
}

/** Whether it is a date of W3CDTF that exists, or a range of two of them of which one may be missing. */
export function isDateOrRange(text: string): boolean {
  const parts = text.split('/');
  if (parts.length === 1) return startOf(text) !== undefined;
  const [from = '', to = ''] = parts;
  if (parts.length > 2 || from + to === '') return false;
  const [start, end] = [startOf(from), startOf(to)];
  if ((from !== '' && start === undefined) || (to !== '' && end === undefined)) return false;
  return start === undefined || end === undefined || dayOf(start) <= dayOf(end) || to.length < from.length;
}

/** The first moment of a date of W3CDTF, of a year or a month too; undefined when there is no such date. */
export function startOf(text: string): Date | undefined {
  const [, year = '', month = '01', day = '01', hour, minute, second] = instant.exec(text) ?? [];
  if (year === '') return undefined;
  const first = new Date(`${year}-${month}-${day}T00:00:00Z`);
  // Date rolls 31 April over into May.
  if (Number.isNaN(first.getTime()) || first.getUTCDate() !== Number(day)) return undefined;
  if (hour === undefined) return first;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59) return undefined;
  const exact = new Date(text);
  return Number.isNaN(exact.getTime()) ? undefined : exact;
}

function wellFormed(uri: string): boolean {
  return uriCharacters.test(uri) && URL.canParse(uri) && uri.split('#').length <= 2;
}

function dayOf(date: Date): number {
  return Math.floor(date.getTime() / 86_400_000);
}
