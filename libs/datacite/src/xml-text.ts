const special = /[&<>"\r]|[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const everySpecial = new RegExp(special, 'gu');
const specialInAttribute = new RegExp(`[\\t\\n]|${special.source}`, 'gu');
const replacements: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};
/** What XML 1.0 cannot hold, lone surrogates among it, is shown as this. */
const unspeakable = '\uFFFD';

/** Text as the content of an XML element. Never throws; characters that XML 1.0 forbids become U+FFFD. */
export function xmlText(text: string): string {
  return special.test(text) ? text.replace(everySpecial, replacement) : text;
}

/** Text inside a double-quoted XML attribute; line feeds and tabs survive the parser's normalisation. */
export function xmlAttribute(text: string): string {
  return text.replace(specialInAttribute, replacement);
}

/** ` name="value"`, or nothing when there is no value. */
export function optionalAttribute(name: string, value: string | undefined): string {
  return value === undefined || value === '' ? '' : ` ${name}="${xmlAttribute(value)}"`;
}

function replacement(character: string): string {
  return replacements[character] ?? unspeakable;
}
