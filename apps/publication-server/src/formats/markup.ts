/** Tags that people write into titles: those DataCite, Crossref and JATS allow, HTML's for emphasis and lines, and MathML. */
const emphasis = 'i|b|u|em|strong|sc|scp|tt|code|span|italic|bold|underline|monospace|sub|sup|jats:[a-z-]+';
const lines = 'p|br|div|li|ul|ol';
const mathematics =
  'math|semantics|mrow|mi|mn|mo|mtext|mspace|ms|mfrac|msqrt|mroot|mstyle|merror|mpadded|mphantom|mfenced|menclose|msub|msup|msubsup|munder|mover|munderover|mmultiscripts|mprescripts|none|mtable|mtr|mtd|annotation|annotation-xml';
const attributes = '(?:\\s[^<>]{0,500})?';
const tag = new RegExp(`</?(?:mml:)?(?:${emphasis}|${mathematics})${attributes}\\s?/?>`, 'gi');
const line = new RegExp(`</?(?:${lines})${attributes}\\s?/?>`, 'gi');
/** What a formula is beside its parts: the same once more, for machines. */
const annotation =
  /<(mml:)?annotation(?:-xml)?(?:\s[^<>]{0,500})?>[^<]{0,5000}<\/(mml:)?annotation(?:-xml)?>/gi;
const raised = /<(sup|sub)>([^<>]{1,40})<\/\1>/gi;
const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  amp: '&',
};

const plain = '0123456789+-=()';
const higher = [...'⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾'];
const lower = [...'₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎'];

/** A text with the markup people write into titles as plain text: `CO<sub>2</sub>` is CO₂. Any other `<` stays as it is. */
export function withoutMarkup(text: string): string {
  if (!text.includes('<')) return text;
  const bare = text
    .replace(annotation, '')
    .replace(raised, (_, kind: string, inner: string) => small(inner, /sup/i.test(kind) ? higher : lower))
    .replace(line, ' ')
    .replace(tag, '');
  // Only a text that has markup has entities: in any other `&lt;` means what it says.
  return bare === text
    ? text
    : bare.replace(/&(lt|gt|quot|apos|nbsp|amp);/g, (_, name: string) => entities[name] as string);
}

/** Raised or lowered, where Unicode has all of the characters. */
function small(text: string, forms: readonly string[]): string {
  const characters = [...text.replaceAll('\u2212', '-')].map((character) => forms[plain.indexOf(character)]);
  return characters.every((character) => character !== undefined) ? characters.join('') : text;
}
