import type { Deed } from '../act/deed.js';
import { call, inPath } from '../calls/call.js';
import type { Formats } from '../parts/formats.js';
import type { Texts } from '../texts/texts-en.js';

/** Reads the record of one publication anew and goes on. */
export function retryDeed(t: Texts, app: string, doi: string): Deed {
  const { title, what, undo } = t.publications.deeds.retry;
  return {
    ...{ title, what, undo, confirm: t.publications.retry, subjects: [doi], reason: 'optional' },
    run: async ({ reason, key }) => {
      await call(`operations/${inPath(app)}/publications/${inPath(doi)}/retry`, {
        ...{ method: 'POST', key },
        body: reason === '' ? {} : { reason },
      });
      return undefined;
    },
  };
}

interface Findings {
  readonly missed?: number;
  readonly gone?: number;
  readonly unpushed?: number;
  readonly drifted?: number;
  /** The names of some of those that nobody knows. */
  readonly unknown?: readonly unknown[];
  readonly unknownCount?: number;
  readonly checked?: {
    readonly publications?: number;
    readonly skipped?: number;
    readonly dois?: number;
    readonly doisLeft?: number;
  };
}

/** Compares all places now; the line that stays says what was found. */
export function compareDeed(t: Texts, f: Formats, app: string): Deed {
  const { title, what, undo } = t.publications.deeds.compare;
  return {
    ...{ title, what, undo, confirm: t.publications.compare, subjects: [app], reason: 'optional' },
    run: async ({ reason, key }) => {
      const found = await call<Findings | undefined>(`operations/${inPath(app)}/publications/compare`, {
        ...{ method: 'POST', key },
        body: reason === '' ? {} : { reason },
      });
      return foundText(t, f, found ?? {});
    },
  };
}

/** What was compared, and what of it differs; of what was left out, nothing is said to agree. */
function foundText(t: Texts, f: Formats, found: Findings): string | undefined {
  const { missed = 0, gone = 0, unpushed = 0, drifted = 0, unknown = [], unknownCount, checked } = found;
  const { compare } = t.publications.deeds;
  if (checked === undefined) return undefined;
  const { publications = 0, skipped, dois = 0, doisLeft } = checked;
  const differ = missed + gone + unpushed + drifted;
  const strange = unknownCount ?? (Array.isArray(unknown) ? unknown.length : 0);
  // Publishers of before do not say what they have left out.
  const isCounted = skipped !== undefined && doisLeft !== undefined;
  return [
    compare.done(f.number(publications), f.number(dois)),
    isCounted ? '' : compare.leftUnknown,
    skipped === undefined || skipped === 0 ? '' : compare.skipped(f.number(skipped)),
    doisLeft === undefined || doisLeft === 0 ? '' : compare.doisLeft(f.number(doisLeft)),
    differ === 0 && strange === 0 && publications + dois > 0 ? compare.equal : '',
    differ > 0 ? compare.mended(f.number(differ)) : '',
    strange > 0 ? compare.unknown(f.number(strange)) : '',
  ]
    .filter((text) => text !== '')
    .join(' ');
}
