import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';

/** Programs that say what they are; those that say nothing are programs too. */
const machine =
  /bot\b|bot[/_-]|crawl|spider|slurp|scrap|archiver|harvest|fetch|monitor|validator|preview|curl|wget|python|java\/|okhttp|libwww|perl|ruby|go-http|node|axios|undici|httpclient|headless|lighthouse|facebookexternalhit|embedly|feed|rss|zotero|mendeley|uptime|^$|^mozilla\/5\.0$/i;

/** Whether a visit is made by a program and does not count as use by people. */
export function isMachine(userAgent: string | undefined): boolean {
  return userAgent === undefined || machine.test(userAgent.trim());
}

/** A reader's network address made unreadable; a household's IPv6 network counts as one reader. */
export function clientOf(secret: string, address: string): string {
  return createHmac('sha256', secret)
    .update(`client\n${networkOf(address)}`)
    .digest('base64url')
    .slice(0, 32);
}

function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const full =
    tail === undefined
      ? groups
      : [...groups, ...Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0'), ...rest];
  return full
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
