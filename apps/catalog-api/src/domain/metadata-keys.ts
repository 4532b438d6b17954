type Metadata = Record<string, unknown>;

const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Keys as stored: percent-encoded, so that dots and dollars cannot mean anything to the database. Keys stay that are written
 * as they are stored (`a%2Eb`): clients of v4 send what they read.
 */
export function encodeMetadataKeys(metadata: Metadata): Metadata {
  return mapKeys(metadata, encodeKey);
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
