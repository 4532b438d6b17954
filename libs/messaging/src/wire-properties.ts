import type { Delivery, WireMessage } from './message-transport.js';

/**
 * What may stand beside a body, read in one place. Anybody who may publish chooses these values, and an app publishes
 * them again on the way to a retry tier: one that cannot be encoded would cost the app its connection (the client throws
 * on it, the broker hangs up on it). So odd values count as absent, here and on the way out.
 */
export type WireProperties = Pick<
  Delivery,
  'contentType' | 'messageId' | 'type' | 'timestamp' | 'appId' | 'headers' | 'userId'
>;

type Headers = WireMessage['headers'];

/** Bytes of a property, as the protocol has it. */
const longestText = 255;
/** Bytes of one header's text; a reason is at most 2000 characters. */
const longestHeader = 8192;
/** Bytes of all headers. The client encodes at most 64 KiB, and an app adds a few of its own. */
const maxHeaderBytes = 32 * 1024;
/** Of a number with its tag, and of the lengths of a name and a text. */
const headerOverhead = 16;
/** Fits a field name of the database, where parked messages are kept. */
const headerName = /^[A-Za-z][\w.:-]{0,127}$/;
/** Headers that apps rely on: there is always room for them. */
const firstHeaders = ['attempt', 'waits', 'checked-sender', 'outbox', 'origin-exchange', 'origin-key'];
/** Seconds; the last second a date of four digits can name. */
const lastSecond = 253_402_300_799;

/** The properties of a message as they came over the wire. */
export function propertiesFrom(properties: Readonly<Record<string, unknown>>): WireProperties {
  return {
    contentType: textFrom(properties['contentType']),
    messageId: textFrom(properties['messageId']),
    type: textFrom(properties['type']),
    timestamp: new Date(wholeFrom(properties['timestamp'], lastSecond) * 1000),
    appId: textFrom(properties['appId']),
    headers: headersFrom(properties['headers']),
    userId: textFrom(properties['userId']),
  };
}

/** The headers that can be published again. Those that begin with `x-` are the broker's: sent again they would be counted wrongly. */
export function headersFrom(headers: unknown): Headers {
  if (typeof headers !== 'object' || headers === null) return {};
  const entries = Object.entries(headers as Record<string, unknown>);
  const important = entries.filter(([name]) => firstHeaders.includes(name));
  const others = entries.filter(([name]) => !firstHeaders.includes(name));
  const kept: Record<string, string | number> = {};
  let bytes = 0;
  for (const [name, value] of [...important, ...others]) {
    if (!headerName.test(name) || name.startsWith('x-') || !isHeaderValue(value)) continue;
    const size = headerOverhead + name.length + (typeof value === 'string' ? Buffer.byteLength(value) : 0);
    if (bytes + size > maxHeaderBytes) continue;
    kept[name] = value;
    bytes += size;
  }
  return kept;
}

/** How often something happened, from a header: 0 where it is no whole number, at most `most`. */
export function countFrom(headers: Headers, name: string, most: number): number {
  return wholeFrom(headers[name], most);
}

/** The text of a property; empty where it is none, or longer than the protocol can carry. */
export function textFrom(value: unknown): string {
  return typeof value === 'string' && Buffer.byteLength(value) <= longestText ? value : '';
}

/** Seconds of a time, as the protocol has it. */
export function secondsOf(time: Date): number {
  return wholeFrom(Math.floor(time.getTime() / 1000), lastSecond);
}

function wholeFrom(value: unknown, most: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) return 0;
  return Math.min(value, most);
}

function isHeaderValue(value: unknown): value is string | number {
  if (typeof value === 'number') return Number.isSafeInteger(value) || isFraction(value);
  return typeof value === 'string' && Buffer.byteLength(value) <= longestHeader;
}

/** The client takes larger fractions for 64-bit integers, and throws. */
function isFraction(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) < 2 ** 50;
}
