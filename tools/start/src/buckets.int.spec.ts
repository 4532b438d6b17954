import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { S3ObjectStore } from '#storage';
import { bucketsOf, keysOf, storageApps, type AppSettings, type StorageApp } from './app-environments.js';
import { bucketAccess, prepareBuckets } from './buckets.js';

const services = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name.startsWith('S3_')),
) as Record<string, string>;
const settings = { services, prefix: `t${randomBytes(4).toString('hex')}` } as unknown as AppSettings;
const buckets = bucketsOf(settings);
const storeOf = (app: StorageApp): S3ObjectStore => {
  const { accessKey, secretKey } = keysOf(app, settings);
  const [endpoint = '', region = ''] = [services['S3_ENDPOINT'], services['S3_REGION']];
  return new S3ObjectStore({ endpoint, region, accessKey, secretKey, attempts: 1 });
};

describe('Keys of the local object store', () => {
  before(async () => {
    await prepareBuckets(settings);
    await prepareBuckets(settings);
  });

  for (const app of storageApps)
    for (const [kind, access] of Object.entries(bucketAccess) as [keyof typeof buckets, object][]) {
      const may = (access as Partial<Record<StorageApp, readonly string[]>>)[app] ?? [];
      const bucket = buckets[kind];

      it(`let ${app} ${may.join(' and ') || 'do nothing'} in ${kind}`, async () => {
        const store = storeOf(app);
        const key = `of/${app}`;
        const body = Buffer.alloc(6_000_000, 'x');
        const attempts: Record<string, () => Promise<unknown>> = {
          write: async () => {
            await store.put(bucket, key, body.subarray(0, 10), { size: 10 });
            const upload = await store.beginUpload(bucket, `${key}/parts`);
            await store.abortUpload(bucket, `${key}/parts`, upload);
            await store.put(bucket, `${key}/large`, body, { size: body.length });
            await store.remove(bucket, [key, `${key}/large`]);
          },
          read: async () => {
            await store.ensureBucket(bucket);
            for await (const _ of store.list(bucket, ''));
            await storeOf('archiver').put(bucket, 'there', body, { size: body.length });
            let bytes = 0;
            for await (const chunk of await store.get(bucket, 'there')) bytes += (chunk as Buffer).length;
            assert.equal(bytes, body.length);
          },
        };
        for (const [what, attempt] of Object.entries(attempts))
          if (may.includes(what)) await attempt();
          else
            await assert.rejects(
              attempt(),
              { code: 'storage.access-denied' },
              `${app} may not ${what} ${bucket}`,
            );
        store.close();
      });
    }

  it('let no app make buckets of its own', async () => {
    for (const app of storageApps)
      await assert.rejects(storeOf(app).ensureBucket(`${settings.prefix}-another`), {
        code: 'storage.access-denied',
      });
  });
});
