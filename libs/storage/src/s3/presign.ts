import { createHash, createHmac } from 'node:crypto';

/** Whom and what for an address is signed. */
export interface PresignedRequest {
  readonly method: 'PUT';
  /** As clients reach the store. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  /** Bytes of the body: the store refuses any other number. */
  readonly size: number;
  readonly expirySeconds: number;
  readonly now: Date;
}

/**
 * An address that lets its bearer send exactly so many bytes (AWS Signature Version 4, in the query). The `minio` client
 * signs no length, and whoever announced one byte could send five gibibytes.
 */
export function presigned(request: PresignedRequest): string {
  const { method, endpoint, region, accessKey, secretKey, bucket, key, size, expirySeconds } = request;
  const { host, origin } = new URL(endpoint);
  const time = request.now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/s3/aws4_request`;
  const path = `/${bucket}/${key.split('/').map(encoded).join('/')}`;
  const query = Object.entries({
    ...request.query,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${accessKey}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(expirySeconds),
    'X-Amz-SignedHeaders': 'content-length;host',
  })
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const headers = `content-length:${size}\nhost:${host}\n`;
  const canonical = [method, path, query, headers, 'content-length;host', 'UNSIGNED-PAYLOAD'].join('\n');
  const digest = createHash('sha256').update(canonical).digest('hex');
  const signingKey = [day, region, 's3', 'aws4_request'].reduce<Buffer>(
    hmac,
    Buffer.from(`AWS4${secretKey}`),
  );
  const signed = hmac(signingKey, ['AWS4-HMAC-SHA256', time, scope, digest].join('\n')).toString('hex');
  return `${origin}${path}?${query}&X-Amz-Signature=${signed}`;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Percent-encoding as signatures count it, which is stricter than `encodeURIComponent`. */
export function encoded(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
