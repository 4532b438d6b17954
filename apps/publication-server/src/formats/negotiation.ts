/** What a client would take, from its Accept header. */
interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** What can be had: the media type without parameters, lower case. */
export interface Offer<Thing> {
  readonly mediaType: string;
  readonly thing: Thing;
}

export interface Choice<Thing> {
  readonly thing: Thing;
  readonly mediaType: string;
  /** Parameters the client gave with the range that was chosen, such as `style`. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** More than anybody sends; what follows is ignored. */
const maxRanges = 64;

/**
 * The offer a client likes best (RFC 9110, 12.5.1): the most specific range that fits gives an offer its quality, the
 * highest quality wins, the earlier of equal offers too. Undefined when nothing fits. No header: everything fits.
 */
export function choose<Thing>(
  accept: string | undefined,
  offers: readonly Offer<Thing>[],
): Choice<Thing> | undefined {
  const ranges = accept === undefined || accept.trim() === '' ? [anything] : rangesOf(accept);
  let best: Choice<Thing> | undefined;
  let bestQuality = 0;
  for (const { mediaType, thing } of offers) {
    const range = rangeFor(mediaType, ranges);
    if (range === undefined || range.quality <= bestQuality) continue;
    best = { thing, mediaType, parameters: range.parameters };
    bestQuality = range.quality;
  }
  return best;
}

const anything: Range = { type: '*', subtype: '*', parameters: new Map(), quality: 1 };

function rangesOf(accept: string): Range[] {
  return splitOutsideQuotes(accept.slice(0, 8192), ',')
    .slice(0, maxRanges)
    .flatMap((text) => {
      const [name = '', ...rest] = splitOutsideQuotes(text, ';');
      const [, type, subtype] = /^\s*([\w!#$&^.+*-]+)\/([\w!#$&^.+*-]+)\s*$/.exec(name.toLowerCase()) ?? [];
      if (type === undefined || subtype === undefined || (type === '*' && subtype !== '*')) return [];
      const parameters = new Map(
        rest.flatMap((parameter) => {
          const [, key, quoted, plain] =
            /^\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|(\S*))\s*$/.exec(parameter) ?? [];
          return key === undefined ? [] : [[key.toLowerCase(), quoted ?? plain ?? ''] as const];
        }),
      );
      const quality = qualityOf(parameters.get('q'));
      parameters.delete('q');
      return quality === undefined ? [] : [{ type, subtype, parameters, quality }];
    });
}

function qualityOf(text: string | undefined): number | undefined {
  if (text === undefined) return 1;
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text) ? Number(text) : undefined;
}

function rangeFor(mediaType: string, ranges: readonly Range[]): Range | undefined {
  const [type, subtype] = mediaType.split('/');
  let found: Range | undefined;
  let foundWeight = -1;
  for (const range of ranges) {
    if (range.type !== '*' && range.type !== type) continue;
    if (range.subtype !== '*' && range.subtype !== subtype) continue;
    const weight = range.type === '*' ? 0 : range.subtype === '*' ? 1 : 2;
    if (weight <= foundWeight) continue;
    found = range;
    foundWeight = weight;
  }
  return found;
}

function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] as string;
    if (character === '\\' && quoted) {
      part += character + (text[index + 1] ?? '');
      index += 1;
      continue;
    }
    if (character === '"') quoted = !quoted;
    if (character === separator && !quoted) {
      parts.push(part);
      part = '';
    } else part += character;
  }
  return [...parts, part];
}

/** The best of some languages (bare, such as `de`) for an Accept-Language header; the first one when none fits. */
export function chooseLanguage<Language extends string>(
  header: string | undefined,
  languages: readonly [Language, ...Language[]],
): Language {
  const wanted = (header ?? '')
    .slice(0, 1024)
    .split(',')
    .map((part) => {
      const [tag = '', ...rest] = part.trim().toLowerCase().split(';');
      const q = rest
        .map((parameter) => /^\s*q=(.*)$/.exec(parameter)?.[1]?.trim())
        .find((text) => text !== undefined);
      return { primary: tag.split('-')[0] ?? '', quality: qualityOf(q) ?? 0 };
    })
    .filter(({ quality }) => quality > 0)
    .sort((left, right) => right.quality - left.quality);
  for (const { primary } of wanted) {
    const found = languages.find((language) => language === primary);
    if (found !== undefined) return found;
    if (primary === '*') return languages[0];
  }
  return languages[0];
}
