import type { Formats } from '../parts/formats.js';
import type { Texts } from '../texts/texts-en.js';
import type { Answer, Deed } from './deed.js';

/** The line that stays: what was done, or begun, and what it answered. */
export interface Result {
  readonly text: string;
  readonly more?: string;
  readonly link?: string;
  /** The page of work shows what was begun. */
  readonly begun?: { readonly jobId?: string };
}

export function resultOf(t: Texts, f: Formats, deed: Deed, answer: Answer, at: Date): Result {
  const [subject, ...others] = deed.subjects;
  const whom = subject === undefined ? '' : ` · ${subject}${others.length === 0 ? '' : ` +${others.length}`}`;
  const said = (when: (time: string) => string): string => `${deed.confirm}${whom}. ${when(f.moment(at))}`;
  if (typeof answer === 'object') {
    const { words, jobId } = answer;
    return { text: said(t.act.begun), more: words, begun: jobId === undefined ? {} : { jobId } };
  }
  const text = said(t.act.done);
  return answer === undefined
    ? { text }
    : { text, ...(deed.givesLink ? { link: answer } : { more: answer }) };
}
