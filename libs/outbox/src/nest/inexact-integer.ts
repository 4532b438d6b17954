/** What might be an integer of more than fifteen digits; most texts have none, and are not looked through. */
const suspicion = /(?:^|[:,[\s])-?\d{16}/;
const token = /[{}[\],:]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Digits; integers beyond are beyond all numbers. */
const mostDigits = 310;
const gap = /(?:[ \t\r\n]|true|false|null)*/y;

/** Where the text is: the name or the number of the item in each object and list around. */
type Place = (string | number)[];

/**
 * The first integer that is another one after `JSON.parse`: beyond 2^53 not all of them can be told apart.
 *
 * @param text JSON that was parsed without an error
 */
export function inexactInteger(
  text: string,
): { readonly path: string; readonly written: string } | undefined {
  if (!suspicion.test(text)) return undefined;
  const place: Place = [];
  let name = '';
  for (let at = skipped(text, 0); at < text.length; at = skipped(text, at)) {
    if (text[at] === '"') {
      const end = endOfText(text, at);
      name = text.slice(at, end);
      at = end;
      continue;
    }
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    if (found === undefined) return undefined;
    at += found.length;
    if (isLost(found)) return { path: pathOf(place), written: found };
    move(place, found, name);
  }
  return undefined;
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
  if (!/^-?\d{16,}$/.test(written)) return false;
  if (written.length > mostDigits) return true;
  const number = Number(written);
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
