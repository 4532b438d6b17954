/** What might be an integer of more than fifteen digits, or a large exponent; most texts have none, and are not looked through. */
const suspicion = /(?:^|[:,[\s])-?\d{16}|\d[eE]\+?\d{3}/;
const token = /[{}[\],:]|true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const gap = /[ \t\r\n]*/y;
/** Characters up to which a text is read again to say where in it the number is: that takes as long as parsing it. */
const maxNamed = 1_000_000;

/** Where the text is: the name or the number of the item in each object and list around. */
type Place = (string | number)[];

/**
 * The first number that is another one after `JSON.parse`: beyond 2^53 not all integers can be told apart, and `1e400` is
 * infinite, which comes back as null.
 *
 * @param text JSON that was parsed without an error
 * @returns its path, empty where it is the whole text or the text is long
 */
export function lostNumber(text: string): { readonly path: string; readonly written: string } | undefined {
  if (!suspicion.test(text)) return undefined;
  const long = /\d{16,}|[eE]\+?\d{3,}/g;
  let found = long.exec(text);
  for (let at = 0; found !== null;) {
    const quote = text.indexOf('"', at);
    if (quote !== -1 && quote < found.index) {
      at = endOfText(text, quote);
      if (found.index >= at) continue;
      long.lastIndex = at;
    } else {
      const written = numberAt(text, found.index);
      if (isLost(written)) return { path: text.length > maxNamed ? '' : placeOf(text, found.index), written };
    }
    found = long.exec(text);
  }
  return undefined;
}

/** The number that these digits belong to. */
function numberAt(text: string, digits: number): string {
  let start = digits;
  while (start > 0 && /[-+.\deE]/.test(text[start - 1]!)) start -= 1;
  const rest = /[-+.\deE]*/y;
  rest.lastIndex = start;
  return rest.exec(text)?.[0] ?? '';
}

/** The path of what stands at an index. */
function placeOf(text: string, index: number): string {
  const place: Place = [];
  let name = '';
  for (let at = skipped(text, 0); at <= index; at = skipped(text, at)) {
    if (text[at] === '"') {
      const end = endOfText(text, at);
      name = text.slice(at, end);
      at = end;
      continue;
    }
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    if (found === undefined || at + found.length > index) break;
    at += found.length;
    move(place, found, name);
  }
  return pathOf(place);
}

function skipped(text: string, at: number): number {
  gap.lastIndex = at;
  return at + (gap.exec(text)?.[0].length ?? 0);
}

/** Behind the quote that ends the text which begins here. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    if (end === -1) return text.length;
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
}

/** Fifteen digits with any number of zeros behind come back as they were; so do those that JavaScript writes the same. */
function isLost(written: string): boolean {
  const number = Number(written);
  if (Math.abs(number) === Infinity) return true;
  if (!/^-?\d{16,}$/.test(written)) return false;
  if (Number.isSafeInteger(number)) return false;
  const digits = written.replace(/^-/, '').replace(/0+$/, '');
  return digits.length > 15 && String(number) !== written;
}

function move(place: Place, found: string, name: string): void {
  const last = place.length - 1;
  if (found === '{') place.push('');
  else if (found === '[') place.push(0);
  else if (found === '}' || found === ']') place.pop();
  else if (found === ':') place[last] = JSON.parse(name) as string;
  else if (found === ',' && typeof place[last] === 'number') place[last] += 1;
}

function pathOf(place: Place): string {
  return place
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}
