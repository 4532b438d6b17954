type Metadata = Record<string, unknown>;

const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Keys as stored: percent-encoded, so that dots and dollars cannot mean anything to the database. Encoded keys stay. */
export function encodeMetadataKeys(metadata: Metadata): Metadata {
  return mapKeys(metadata, encodeKey);
}

/** One key as stored. Text that is not valid Unicode is made so first. */
export function encodeKey(key: string): string {
  return isEncoded(key)
    ? key
    : encodeURIComponent(key.replace(loneSurrogates, '\ufffd')).replaceAll('.', '%2E');
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

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function isEncoded(key: string): boolean {
  return /%[0-9A-F]{2}/i.test(key) && decodeKey(key) !== key;
}

function isPlain(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
