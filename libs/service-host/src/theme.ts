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

/** What WCAG 2.2 asks of text of normal size. */
const leastContrast = 4.5;

/**
 * @param name of what has no theme of its own
 * @throws PermanentError `kernel.configuration` naming the file and what is wrong with it
 */
export function themeFrom(file: string | undefined, name = standard.name): Theme {
  if (file === undefined || file === '') return { ...standard, name };
  try {
    return checked(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new PermanentError(
      'kernel.configuration',
      `Could not use ${file} (THEME_FILE): ${messageOf(error)}.`,
    );
  }
}

function checked(given: unknown): Theme {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Error('expected a JSON object');
  const unknown = Object.keys(given).find(
    (key) => !['name', 'tagline', 'colour', 'logoFile', 'contact', 'links'].includes(key),
  );
  if (unknown !== undefined) throw new Error(`found ${JSON.stringify(unknown)}, which means nothing`);
  const theme = { ...standard, ...(given as Partial<Theme>) };
  for (const key of ['name', 'tagline', 'colour'] as const)
    if (typeof theme[key] !== 'string') throw new Error(`expected ${key} to be text`);
  if (!/^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(theme.colour))
    throw new Error(`expected colour such as #0b4f6c, found ${JSON.stringify(theme.colour)}`);
  const contrast = contrastToWhite(theme.colour);
  if (contrast < leastContrast)
    throw new Error(
      `expected a colour on which white text is readable (contrast ${leastContrast} or more), found ${theme.colour} with ${contrast.toFixed(1)}: choose a darker one`,
    );
  if (theme.contact !== undefined && !/^[^\s@<>"]+@[^\s@<>"]+$/.test(theme.contact))
    throw new Error(`expected contact to be an e-mail address, found ${JSON.stringify(theme.contact)}`);
  if (theme.logoFile !== undefined && !/\.(svg|png)$/i.test(theme.logoFile))
    throw new Error(`expected logoFile to be an SVG or PNG file, found ${JSON.stringify(theme.logoFile)}`);
  // A logo that cannot be read would be missed by readers only: better not to start.
  if (theme.logoFile !== undefined) readFileSync(theme.logoFile);
  if (!Array.isArray(theme.links)) throw new Error('expected links to be a list of {text, url}');
  for (const { text, url } of theme.links)
    if (typeof text !== 'string' || typeof url !== 'string' || !/^(https?:\/\/|mailto:)/.test(url))
      throw new Error(`expected http(s) or mailto links, found ${url}`);
  return theme;
}

function contrastToWhite(colour: string): number {
  const digits =
    colour.length === 4 ? [...colour.slice(1)].map((digit) => digit + digit).join('') : colour.slice(1);
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const value = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}
