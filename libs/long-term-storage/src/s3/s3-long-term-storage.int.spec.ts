import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { newId } from '#kernel';
import { S3ObjectStore, s3OptionsFrom } from '#storage';
import { ColdGateway } from '../testing/cold-gateway.js';
import { longTermStorageConformance } from '../testing/long-term-storage.conformance.js';
import { S3LongTermStorage } from './s3-long-term-storage.adapter.js';

const options = s3OptionsFrom(process.env);
const bucket = `catena-lts-${randomUUID()}`;
const store = new S3ObjectStore({ ...options, pageSize: 10 });

before(() => store.ensureBucket(bucket));
after(async () => {
  const keys: string[] = [];
  for await (const { key, uploadId } of store.pendingUploads(bucket, ''))
    await store.abortUpload(bucket, key, uploadId);
  for await (const { key } of store.list(bucket, '')) keys.push(key);
  await store.remove(bucket, keys);
  store.close();
});

// Each test has a bucket for itself, as far as it sees.
longTermStorageConformance('a real bucket', () =>
  Promise.resolve(new S3LongTermStorage({ name: 's3', store, bucket, prefix: `${newId()}/` })),
);

describe('A real bucket', () => {
  it('takes a file of several parts whose front comes last', async () => {
    const storage = new S3LongTermStorage({
      ...{ name: 's3', store, bucket, prefix: `${newId()}/` },
      partBytes: 5 * 1024 * 1024,
    });
    const [front, rest] = [randomBytes(6_000_000), randomBytes(20_000_000)];
    const writer = await storage.create('x', 'a');
    await writer.write(Buffer.alloc(front.length));
    for (let at = 0; at < rest.length; at += 1_000_000) await writer.write(rest.subarray(at, at + 1_000_000));
    await writer.writeAt(0, front);
    await writer.commit();
    const found = createHash('sha256');
    for await (const chunk of await storage.read('x', { fresh: true })) found.update(chunk as Buffer);
    const wanted = createHash('sha256').update(front).update(rest);
    assert.equal(found.digest('hex'), wanted.digest('hex'));
  });

  it('gives a name to one of many writers that finish at once', async () => {
    const prefix = `${newId()}/`;
    const writers = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map(async (token) => {
        const storage = new S3LongTermStorage({ name: 's3', store, bucket, prefix });
        const writer = await storage.create('x', token);
        await writer.write(Buffer.from(token));
        return writer;
      }),
    );
    const ends = await Promise.allSettled(writers.map((writer) => writer.commit()));
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const end of ends)
      if (end.status === 'rejected')
        assert.equal((end.reason as { code?: string }).code, 'long-term-storage.already-exists');
    for (const writer of writers) await writer.discard();
  });
});

describe('A cold class over a real bucket', () => {
  const gateway = new ColdGateway({ ...options, upstream: options.endpoint });
  let through: S3ObjectStore;
  before(async () => {
    through = new S3ObjectStore({ ...options, endpoint: await gateway.start() });
  });
  after(() => {
    through.close();
    gateway.stop();
  });
  const cold = (patience: number, prefix = `${newId()}/`): S3LongTermStorage =>
    new S3LongTermStorage({
      ...{ name: 'cold', store: through, bucket, prefix, storageClass: 'GLACIER' },
      cold: { patience, poll: 1 },
    });
  const put = async (storage: S3LongTermStorage, content: Buffer): Promise<void> => {
    const writer = await storage.create('pid/x', 'a');
    await writer.write(content);
    await writer.commit();
  };

  it('is read back right after it was written: restored first, once, and then really read', async () => {
    const storage = cold(600_000);
    const content = randomBytes(200_000);
    const before = { asked: gateway.asked.length, reads: gateway.reads };
    await put(storage, content);
    const readers = [1, 2, 3].map(async () =>
      Buffer.concat((await (await storage.read('pid/x', { fresh: true })).toArray()) as Buffer[]),
    );
    for (const read of await Promise.all(readers)) assert.ok(read.equals(content));
    assert.equal(gateway.asked.length - before.asked, 1);
    assert.equal(gateway.reads - before.reads, 3);
    assert.deepEqual(gateway.askedTwice, []);
  });

  it('gives work back while it is restored, by whichever archiver, and asks once', async () => {
    const prefix = `${newId()}/`;
    const asked = gateway.asked.length;
    await put(cold(0, prefix), Buffer.from('content'));
    const waits = { code: 'long-term-storage.cold-restoring', away: true };
    // Each try asks for the bytes once, and the last refusal is the third.
    for (const _ of [1, 2, 3, 4]) await assert.rejects(cold(0, prefix).read('pid/x'), waits);
    assert.equal((await (await cold(0, prefix).read('pid/x')).toArray()).join(''), 'content');
    assert.equal(gateway.asked.length - asked, 1);
  });

  it('is set aside and removed without being restored', async () => {
    const storage = cold(0);
    const asked = gateway.asked.length;
    await put(storage, Buffer.from('content'));
    assert.equal(await storage.setAside('pid/x', 'a'), true);
    assert.equal(await storage.stat('pid/x'), undefined);
    await storage.removeSetAside('pid/x', 'a');
    for await (const found of storage.listSetAside('')) assert.fail(found.name);
    assert.equal(gateway.asked.length, asked);
  });
});
