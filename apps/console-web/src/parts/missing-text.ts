import type { MissingApp } from '#console-api';
import type { Texts } from '../texts/texts-en.js';
import { timeIn, type Formats } from './formats.js';
import { visible } from './visible.js';

/** Why an app said nothing, and since when, where that is known. */
export function missingText({ app, code, since }: MissingApp, t: Texts, f: Formats): string {
  const name = visible(app);
  if (code === 'app.refused') return t.states.refused(name);
  if (code === 'source.away') return t.states.source(name);
  const time = timeIn(since);
  return time === undefined ? t.states.silentNow(name) : t.states.silent(name, f.moment(time));
}
