import { PermanentError } from '#kernel';
import type { ObjectHead, RestoreOptions } from '../object-store.js';
import type { S3Client } from './s3-client.js';
import { codeOf } from './s3-errors.js';
import { escaped } from './s3-xml.js';

/** Asks for an object of a cold class; that another did so before is no error. */
export async function askToRestore(
  client: S3Client,
  bucketName: string,
  objectName: string,
  { days, tier }: RestoreOptions,
): Promise<void> {
  const how =
    tier === undefined ? '' : `<GlacierJobParameters><Tier>${escaped(tier)}</Tier></GlacierJobParameters>`;
  const wish = `<RestoreRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Days>${days}</Days>${how}</RestoreRequest>`;
  await client.call({ action: 'restore', bucket: bucketName, key: objectName }, async () => {
    try {
      await client.makeRequestAsyncOmit(
        { method: 'POST', bucketName, objectName, query: 'restore' },
        wish,
        [200, 202],
      );
    } catch (error) {
      if (codeOf(error) !== 'RestoreAlreadyInProgress') throw error;
    }
  });
}

export function headFrom(headers: Record<string, string | string[] | undefined>): ObjectHead {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('x-amz-meta-')) metadata[name.slice('x-amz-meta-'.length)] = String(value);
  }
  const size = Number(headers['content-length']);
  if (!Number.isSafeInteger(size)) {
    throw new PermanentError('storage.request-invalid', 'Expected a content length, found none.');
  }
  return {
    size,
    etag: String(headers['etag'] ?? '').replace(/^"|"$/g, ''),
    modifiedAt: new Date(String(headers['last-modified'])),
    metadata,
    ...coldnessOf(headers),
  };
}

/** `x-amz-restore: ongoing-request="false", expiry-date="Fri, 23 Dec 2026 00:00:00 GMT"` */
function coldnessOf(
  headers: Record<string, string | string[] | undefined>,
): Pick<ObjectHead, 'storageClass' | 'restoration'> {
  const { 'x-amz-storage-class': storageClass, 'x-amz-restore': restoration } = headers;
  const [, expiry] = /expiry-date="([^"]*)"/.exec(String(restoration)) ?? [];
  return {
    ...(typeof storageClass === 'string' ? { storageClass } : {}),
    ...(typeof restoration === 'string'
      ? {
          restoration: {
            isUnderWay: /ongoing-request="true"/.test(restoration),
            ...(expiry === undefined ? {} : { until: new Date(expiry) }),
          },
        }
      : {}),
  };
}
