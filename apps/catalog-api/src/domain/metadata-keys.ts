import { BadRequest } from './errors.js';

type Metadata = Record<string, unknown>;

const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Keys as stored: percent-encoded, so that dots and dollars cannot mean anything to the database. Keys stay that are written
 * as they are stored (`a%2Eb`): clients of v4 send what they read.
 */
export function encodeMetadataKeys(metadata: Metadata): Metadata {
  return mapKeys(metadata, encodeKey);
}

/**
 * As `encodeMetadataKeys`, of what a client sends.
 *
 * @param name of the field, for the message
 * @throws BadRequest where two keys of one object are stored alike (`a b` and `a%20b`): one of the values would be lost
 */
export function encodeSentKeys(metadata: Metadata, name: string): Metadata {
  checkKeysDiffer(metadata, name);
  return encodeMetadataKeys(metadata);
}

/** One key as stored. Text that is not valid Unicode is made so first. */
export function encodeKey(key: string): string {
  return isEncoded(key) ? key : encoded(key);
}

/**
 * Keys under which a value may be stored: once anything with `%` and two digits counted as encoded, so that `Duty%50cycle` was
 * stored as it came.
 */
export function storedKeys(key: string): string[] {
  const stored = encodeKey(key);
  return stored !== key && /%[0-9A-F]{2}/i.test(key) ? [stored, key] : [stored];
}

/** Keys as v3 shows them. */
export function decodeMetadataKeys(metadata: Metadata): Metadata {
  return mapKeys(metadata, decodeKey);
}

function mapKeys(metadata: Metadata, change: (key: string) => string): Metadata {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [
      change(key),
      isPlain(value) ? mapKeys(value, change) : value,
    ]),
  );
}

function checkKeysDiffer(metadata: Metadata, path: string): void {
  const sent = new Map<string, string>();
  for (const [key, value] of Object.entries(metadata)) {
    const stored = encodeKey(key);
    const other = sent.get(stored);
    if (other !== undefined)
      throw new BadRequest(
        `${shortened(path)} has the keys ${quoted(other)} and ${quoted(key)}, which are stored alike, as ${quoted(stored)}: ` +
          'one value would be lost. Send one of them, or rename it.',
      );
    sent.set(stored, key);
    if (isPlain(value)) checkKeysDiffer(value, `${path}.${key}`);
  }
}

function quoted(key: string): string {
  return JSON.stringify(shortened(key));
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function encoded(key: string): string {
  return encodeURIComponent(key.replace(loneSurrogates, '\ufffd')).replaceAll('.', '%2E');
}

/** Only what encoding makes is decoded: two stored keys never have one name. */
function decodeKey(key: string): string {
  return isEncoded(key) ? decodeURIComponent(key) : key;
}

/** Whether it is what encoding makes of another key. */
function isEncoded(key: string): boolean {
  if (!key.includes('%')) return false;
  try {
    return encoded(decodeURIComponent(key)) === key;
  } catch {
    return false;
  }
}

function isPlain(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
