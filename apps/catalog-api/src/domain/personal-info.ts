const mask = '*****';
const isOfLocalPart = /[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\u0080-\uffff-]/;
const isOfDomain = /[A-Za-z0-9.\u0080-\uffff-]/;

/** The value with every e-mail address in it masked, except one's own. Dates, ids and bytes stay what they are. */
export function maskEmails(value: unknown, own: string | undefined): unknown {
  if (typeof value === 'string') return value.includes('@') ? maskText(value, own) : value;
  if (Array.isArray(value)) return value.map((item) => maskEmails(item, own));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, maskEmails(child, own)]));
}

/** Looks around each `@` only: long texts without one cost nothing, and no text makes it slow. */
function maskText(text: string, own: string | undefined): string {
  let result = '';
  let done = 0;
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > done && isOfLocalPart.test(text[start - 1] ?? '')) start -= 1;
    let end = at + 1;
    while (end < text.length && isOfDomain.test(text[end] ?? '')) end += 1;
    while (text[end - 1] === '.') end -= 1;
    if (start === at || end === at + 1) continue;
    const address = text.slice(start, end);
    const isOwn = own !== undefined && address.toLowerCase() === own.toLowerCase();
    result += text.slice(done, start) + (isOwn ? address : mask);
    done = end;
    at = end - 1;
  }
  return result + text.slice(done);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
