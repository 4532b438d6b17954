import { readFileSync } from 'node:fs';
import { messageOf, PermanentError } from '#kernel';

/** How pages look and who stands behind them: THEME_FILE, a JSON object with any of these. */
export interface Theme {
  /** The facility, in the header of every page and as data catalogue in machine-readable forms. */
  readonly name: string;
  readonly tagline: string;
  /** CSS colour (`#` and hexadecimal digits) of header and buttons; white text must be readable on it. */
  readonly colour: string;
  /** Absolute path of an SVG or PNG file. */
  readonly logoFile?: string;
  /** E-mail address for questions. */
  readonly contact?: string;
  readonly links: readonly { readonly text: string; readonly url: string }[];
}

const standard: Theme = {
  name: 'Open Data',
  tagline: 'Published research data',
  colour: '#0b4f6c',
  links: [],
};

/** @throws PermanentError `kernel.configuration` naming the file and what is wrong with it */
export function themeFrom(file: string | undefined): Theme {
  if (file === undefined || file === '') return standard;
  try {
    const given = JSON.parse(readFileSync(file, 'utf8')) as Partial<Theme>;
    const theme = { ...standard, ...given };
    if (!/^#[0-9a-f]{3,8}$/i.test(theme.colour))
      throw new Error(`expected colour such as #0b4f6c, found ${JSON.stringify(theme.colour)}`);
    for (const { url } of theme.links)
      if (!/^(https?|mailto):/.test(url)) throw new Error(`expected http(s) or mailto links, found ${url}`);
    return theme;
  } catch (error) {
    throw new PermanentError(
      'kernel.configuration',
      `Could not use ${file} (THEME_FILE): ${messageOf(error)}.`,
    );
  }
}
