import { createHmac } from 'node:crypto';
import { networkOf } from '#service-host';

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
