import { bucketsOf, keysOf, storageApps, type AppSettings, type StorageApp } from './app-environments.js';

/** What an app may do with the objects of a bucket. */
type Access = 'read' | 'write';

/**
 * Who reaches which bucket: catalog-api hands out links to the landing zone, writes the datasets of jobs and reads results,
 * job-assembler writes file lists, the archiver does the rest.
 */
export const bucketAccess: Readonly<
  Record<'control' | 'landingZone' | 'retrieval', Readonly<Partial<Record<StorageApp, readonly Access[]>>>>
> = {
  control: {
    'catalog-api': ['read', 'write'],
    'job-assembler': ['read', 'write'],
    archiver: ['read', 'write'],
  },
  landingZone: { 'catalog-api': ['read', 'write'], archiver: ['read', 'write'] },
  retrieval: { archiver: ['read', 'write'] },
};

/**
 * Makes the buckets in the local stack's store (Swift) and says whom they belong to, before the apps come with keys of
 * their own. Does nothing where they share one key (a store from outside).
 */
export async function prepareBuckets(settings: AppSettings): Promise<void> {
  if (storageApps.some((app) => keysOf(app, settings).shared)) return;
  const { url, token } = await signIn(settings.services);
  const buckets = bucketsOf(settings);
  for (const [kind, access] of Object.entries(bucketAccess)) {
    const users = (wanted: Access): string =>
      storageApps
        .filter((app) => access[app]?.includes(wanted) === true)
        .map((app) => keysOf(app, settings).accessKey)
        .join(',');
    const bucket = buckets[kind as keyof typeof buckets];
    // Where Swift keeps the parts of large objects.
    for (const container of [bucket, `${bucket}+segments`])
      await sent(`${url}/${encodeURIComponent(container)}`, {
        method: 'PUT',
        headers: {
          'x-auth-token': token,
          'x-container-read': users('read'),
          'x-container-write': users('write'),
        },
      });
  }
}

async function signIn(services: AppSettings['services']): Promise<{ url: string; token: string }> {
  const { headers } = await sent(`${services['S3_ENDPOINT'] ?? ''}/auth/v1.0`, {
    headers: {
      'x-auth-user': services['S3_ACCESS_KEY'] ?? '',
      'x-auth-key': services['S3_SECRET_KEY'] ?? '',
    },
  });
  return { url: headers.get('x-storage-url') ?? '', token: headers.get('x-auth-token') ?? '' };
}

async function sent(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(30_000) });
  const text = await response.text();
  if (!response.ok)
    throw new Error(
      `expected object storage to take ${init.method ?? 'GET'} ${new URL(url).pathname}, found ${response.status}: ${text.slice(0, 500)}`,
    );
  return response;
}
