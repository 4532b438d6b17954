import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { objectStoreConformance } from '../testing/object-store.conformance.js';
import { S3ObjectStore } from './s3-object-store.adapter.js';

const options = {
  endpoint: needed('S3_ENDPOINT'),
  accessKey: needed('S3_ACCESS_KEY'),
  secretKey: needed('S3_SECRET_KEY'),
  region: needed('S3_REGION'),
  pageSize: 10,
};
const bucket = `catena-test-${randomUUID()}`;
const store = new S3ObjectStore(options);

async function send(url: string, body: Buffer): Promise<string> {
  const response = await fetch(url, { method: 'PUT', body });
  assert.equal(response.status, 200, await response.text());
  return String(response.headers.get('etag')).replaceAll('"', '');
}

objectStoreConformance('an S3 store', () =>
  Promise.resolve({
    store,
    bucket,
    putPart: async (key, uploadId, partNumber, content) => ({
      partNumber,
      etag: await send(
        await store.presignedPart(bucket, key, { uploadId, partNumber, size: content.length }, 600),
        content,
      ),
    }),
  }),
);

describe('an S3 store that takes few parts', () => {
  const few = new S3ObjectStore({ ...options, maxParts: 2 });
  before(() => store.ensureBucket(bucket));
  after(() => few.close());

  it('gets larger ones, of which none is held in memory', async () => {
    const [pieces, size] = [80, 80 * 2 ** 20 - 3];
    const hash = createHash('sha256');
    async function* body(): AsyncGenerator<Buffer> {
      for (let index = 0; index < pieces; index += 1) {
        const piece = randomBytes(2 ** 20).subarray(0, index === 0 ? 2 ** 20 - 3 : 2 ** 20);
        hash.update(piece);
        yield piece;
        await new Promise(setImmediate);
      }
    }
    const { etag } = await few.put(bucket, 'large parts', body(), { size });
    assert.match(etag, /-2$/, 'it has two parts');
    const read = await few.get(bucket, 'large parts');
    const found = createHash('sha256');
    for await (const chunk of read) found.update(chunk as Buffer);
    assert.equal(found.digest('hex'), hash.digest('hex'));
  });

  it('stores nothing of a body that fails in the middle of such a part', async () => {
    async function* body(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(50 * 2 ** 20);
      await new Promise(setImmediate);
      throw new Error('the tape broke');
    }
    await assert.rejects(few.put(bucket, 'broken', body(), { size: 80 * 2 ** 20 }), /the tape broke/);
    assert.equal(await few.head(bucket, 'broken'), undefined);
  });

  it('refuses what no store takes as one object, before a byte of it is read', async () => {
    const body = (async function* () {
      yield await Promise.reject<Buffer>(new Error('it was read'));
    })();
    await assert.rejects(few.put(bucket, 'huge', body, { size: 5 * 2 ** 40 + 1 }), {
      code: 'storage.too-large',
    });
  });
});

describe('presigned addresses of an S3 store', () => {
  before(() => store.ensureBucket(bucket));

  it('let anybody put and get one object', async () => {
    await send(await store.presignedPut(bucket, 'pre/signed +ü.txt', 5, 600), Buffer.from('hello'));
    const url = await store.presignedGet(bucket, 'pre/signed +ü.txt', 600, { fileName: 'große "Datei".txt' });
    const response = await fetch(url);
    assert.equal(await response.text(), 'hello');
    assert.equal(
      response.headers.get('content-disposition'),
      `attachment; filename="gro_e _Datei_.txt"; filename*=UTF-8''gro%C3%9Fe%20%22Datei%22.txt`,
    );
  });

  it('take exactly the bytes that were announced, of an object and of a part', async () => {
    const uploadId = await store.beginUpload(bucket, 'announced-part');
    const addresses = [
      await store.presignedPut(bucket, 'announced (1)!.bin', 3, 600),
      await store.presignedPart(bucket, 'announced-part', { uploadId, partNumber: 1, size: 3 }, 600),
    ];
    for (const url of addresses) {
      for (const body of ['', 'xx', 'xxxx', 'x'.repeat(100_000)]) {
        const { status } = await fetch(url, { method: 'PUT', body });
        assert.equal(status, 403, `${body.length} bytes instead of 3`);
      }
      await send(url, Buffer.from('xxx'));
    }
    const [part] = await store.uploadedParts(bucket, 'announced-part', uploadId);
    assert.equal(part?.size, 3);
    await send(await store.presignedPut(bucket, 'announced-empty', 0, 600), Buffer.alloc(0));
    await store.abortUpload(bucket, 'announced-part', uploadId);
  });

  it('are good for nothing else', async () => {
    const url = await store.presignedGet(bucket, 'pre/signed +ü.txt', 600);
    assert.equal((await fetch(url, { method: 'PUT', body: 'x' })).status, 403);
    assert.equal((await fetch(url.replace('signed', 'other'))).status, 403);
  });

  it('name the public endpoint', async () => {
    const outside = new S3ObjectStore({ ...options, publicEndpoint: 'https://data.example.org' });
    const url = new URL(await outside.presignedGet(bucket, 'x', 60));
    assert.equal(url.origin, 'https://data.example.org');
    outside.close();
  });
});

describe('an S3 store with a wrong secret', () => {
  it('says so', async () => {
    const stranger = new S3ObjectStore({ ...options, secretKey: 'wrong' });
    const denied = { code: 'storage.access-denied', retriable: true };
    await assert.rejects(stranger.head(bucket, 'x'), denied);
    await assert.rejects(stranger.get(bucket, 'x'), denied);
    await assert.rejects(stranger.put(bucket, 'x', Buffer.from('x'), { size: 1 }), denied);
    stranger.close();
  });
});

after(async () => {
  const keys: string[] = [];
  for await (const { key } of store.list(bucket, '')) keys.push(key);
  await store.remove(bucket, keys);
  store.close();
});

function needed(name: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw new Error(`Expected ${name} in the environment. Start the local stack, or name a store of your own.`);
}
