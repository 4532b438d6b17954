/**
 * Just enough XML for the answers of an S3 store: known tags, no attributes, no nesting of a tag in itself. The client's
 * own readers turn a key like `007` into the number 7, decode keys the store did not encode, and skip pages of uploads.
 */

/** The text of the first element of this name, entities resolved. */
export function textOf(xml: string, tag: string): string | undefined {
  const found = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1];
  return found === undefined ? undefined : unescaped(found);
}

/** The insides of all elements of this name. */
export function* elementsOf(xml: string, tag: string): Generator<string, void, undefined> {
  for (const [, inside = ''] of xml.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))) yield inside;
}

/** How this answer writes keys: percent-encoded if it says so, which carries what XML cannot. */
export function keyDecoderOf(xml: string): (key: string) => string {
  if (textOf(xml, 'EncodingType') !== 'url') return (key) => key;
  return (key) => decodeURIComponent(key.replaceAll('+', ' '));
}

/** For the content of an element. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (all, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return named[name] ?? all;
      return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
    },
  );
}
