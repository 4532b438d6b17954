import { xmlAttribute, xmlText } from '#datacite';
import type { StoredRecord } from '../persistence/records.js';
import type { Fault, OaiRequest } from './oai-arguments.js';
import { utcSecond } from './oai-dates.js';
import type { MetadataFormat } from './oai-formats.js';
import { oaiIdentifier } from './oai-identifier.js';
import { mostSpecific } from '../persistence/record-sets.js';

const namespace = 'http://www.openarchives.org/OAI/2.0/';
const speakable = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;
const uriReference =
  /^(?:[a-z][a-z0-9+.-]*:(?:[a-z0-9\-._~:/?@!$&'()*+,;=]|%[0-9a-f]{2})+|(?:[a-z0-9\-._~/?@!$&'()*+,;=]|%[0-9a-f]{2})+)$/i;
export const closing = '</OAI-PMH>\n';

/** What of a stored record harvesting needs. */
export type HarvestedRecord = Pick<StoredRecord, '_id' | 'state' | 'datestamp' | 'sets'> & {
  readonly renderings?: Partial<StoredRecord['renderings']>;
};

/** Everything before the verb's own element. `request` is left out where the protocol wants no attributes. */
export function opening(baseUrl: string, now: Date, request?: OaiRequest): string {
  const asked = request === undefined ? [] : Object.entries({ verb: request.verb, ...request.given });
  const attributes = asked
    // What XML or its schema cannot hold cannot be repeated.
    .filter(([name, value]) => speakable.test(value) && (name !== 'identifier' || isUri(value)))
    .map(([name, value]) => ` ${name}="${xmlAttribute(value)}"`);
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<?xml-stylesheet type="text/xsl" href="${xmlAttribute(`${new URL(baseUrl).pathname}/style.xsl`)}"?>\n` +
    `<OAI-PMH xmlns="${namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
    `xsi:schemaLocation="${namespace} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">` +
    `<responseDate>${utcSecond(now)}</responseDate>` +
    `<request${attributes.join('')}>${xmlText(baseUrl)}</request>`
  );
}

export function errorXml({ code, text }: Fault): string {
  return `<error code="${code}">${xmlText(text)}</error>`;
}

export function headerXml(domain: string, { _id, state, datestamp, sets }: HarvestedRecord): string {
  const status = state === 'withdrawn' ? ' status="deleted"' : '';
  const specs = mostSpecific(sets).map((set) => `<setSpec>${xmlText(set)}</setSpec>`);
  return (
    `<header${status}><identifier>${xmlText(oaiIdentifier(domain, _id))}</identifier>` +
    `<datestamp>${utcSecond(datestamp)}</datestamp>${specs.join('')}</header>`
  );
}

/** A record in a format; of a withdrawn one nothing but its header. */
export function recordXml(
  domain: string,
  datacentre: string,
  format: MetadataFormat,
  record: HarvestedRecord,
): string {
  const rendering = record.renderings?.[format.rendering];
  const metadata =
    record.state === 'withdrawn' || rendering === undefined
      ? ''
      : `<metadata>${format.wrap(rendering, datacentre)}</metadata>`;
  return `<record>${headerXml(domain, record)}${metadata}</record>`;
}

/** @param token empty at the end of a list that was split */
export function resumptionXml(
  token: string,
  { cursor, size, expires }: { cursor: number; size?: number; expires?: Date },
): string {
  const attributes = [
    ...(expires === undefined ? [] : [` expirationDate="${utcSecond(expires)}"`]),
    ...(size === undefined ? [] : [` completeListSize="${size}"`]),
    ` cursor="${cursor}"`,
  ];
  return `<resumptionToken${attributes.join('')}>${token}</resumptionToken>`;
}

function isUri(text: string): boolean {
  return uriReference.test(text) && URL.canParse(text, 'x:/');
}
