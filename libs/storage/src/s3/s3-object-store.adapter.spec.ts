import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { S3ObjectStore } from './s3-object-store.adapter.js';

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));

/** A store that misbehaves as told; faults a real one shows too rarely for a test. */
let server: Server;
let answer: Answer = () => undefined;
let count = 0;
let store: S3ObjectStore;

before(async () => {
  server = createServer((request, response) => {
    request.resume();
    answer(request, response, ++count);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  store = new S3ObjectStore({
    endpoint: `http://127.0.0.1:${port}`,
    accessKey: 'key',
    secretKey: 'secret',
    region: 'us-east-1',
    idleTimeoutMs: 200,
    attempts: 3,
  });
});

after(() => {
  store.close();
  server.closeAllConnections();
  server.close();
});

function answering(next: Answer): void {
  answer = next;
  count = 0;
}

/** The bytes asked for, cut off after `most` of them. */
function ranged(request: IncomingMessage, response: ServerResponse, most: number, etag = '"e"'): void {
  const [, from = '0', to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? 'bytes=0-') ?? [];
  const wanted = content.subarray(Number(from), to === '' || to === undefined ? undefined : Number(to) + 1);
  response.writeHead(request.headers.range === undefined ? 200 : 206, {
    'content-length': wanted.length,
    etag,
  });
  if (wanted.length <= most) return void response.end(wanted);
  response.write(wanted.subarray(0, most), () => setTimeout(() => response.destroy(), 5));
}

const load = async (): Promise<Buffer> =>
  Buffer.concat((await (await store.get('bucket', 'key')).toArray()) as Buffer[]);

describe('an S3 store that fails', () => {
  it('is read to the end though the connection breaks again and again', async () => {
    answering((request, response) => ranged(request, response, 60_000));
    assert.ok((await load()).equals(content));
    assert.equal(count, 4);
  });

  it('is given up when no more bytes arrive', async () => {
    answering((request, response, time) => ranged(request, response, time === 1 ? 60_000 : 0));
    await assert.rejects(load(), { code: 'storage.unavailable', retriable: true });
  });

  it('is not believed when the object changes on the way', async () => {
    answering((request, response, time) => ranged(request, response, 60_000, `"${time}"`));
    await assert.rejects(load(), { code: 'storage.object-changed', retriable: false });
  });

  for (const status of [500, 503, 429]) {
    it(`is tried again after ${status}, without losing connections`, async () => {
      answering((request, response, time) => {
        if (time < 3) return void response.writeHead(status).end('busy');
        ranged(request, response, Infinity);
      });
      assert.ok((await load()).equals(content));
      answering((_, response) => void response.writeHead(status).end('busy'));
      await assert.rejects(load(), { code: 'storage.unavailable', retriable: true });
      assert.equal(count, 3);
    });
  }

  it('is given up when it does not answer', async () => {
    answering(() => undefined);
    const start = Date.now();
    await assert.rejects(store.head('bucket', 'key'), { code: 'storage.unavailable' });
    assert.ok(Date.now() - start < 5_000);
  });

  it('is not reached at all', async () => {
    const nowhere = new S3ObjectStore({
      endpoint: 'http://127.0.0.1:1',
      accessKey: 'key',
      secretKey: 'secret',
      region: 'us-east-1',
      attempts: 1,
    });
    await assert.rejects(nowhere.ensureBucket('bucket'), { code: 'storage.unavailable', retriable: true });
  });

  it('may lose the answer to a completion, which is then found done', async () => {
    answering((request, response, time) => {
      if (request.method === 'HEAD')
        return void response.writeHead(200, { 'content-length': 17_000_000, etag: '"done"' }).end();
      const { searchParams } = new URL(request.url ?? '', 'http://store');
      if (searchParams.has('uploads')) return void response.end(initiated);
      if (request.method === 'PUT') return void response.writeHead(200, { etag: '"part"' }).end();
      if (time === 4) return void response.destroy();
      response.writeHead(404).end('<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>');
    });
    const stored = await store.put('bucket', 'key', Buffer.alloc(17_000_000), { size: 17_000_000 });
    assert.deepEqual(stored, { etag: 'done', size: 17_000_000 });
  });

  it('may find an error after having said 200', async () => {
    answering(
      (_, response) => void response.end('<Error><Code>InvalidPart</Code><Message>no</Message></Error>'),
    );
    const part = { partNumber: 1, etag: 'x' };
    await assert.rejects(store.completeUpload('bucket', 'key', 'id', [part]), {
      code: 'storage.upload-invalid',
      retriable: false,
    });
  });

  it('has its upload aborted when a part fails for good', async () => {
    const seen: string[] = [];
    answering((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://store');
      seen.push(String(request.method));
      if (searchParams.has('uploads')) return void response.end(initiated);
      if (request.method === 'DELETE') return void response.writeHead(204).end();
      response.writeHead(403).end();
    });
    await assert.rejects(store.put('bucket', 'key', Buffer.alloc(40_000_000), { size: 40_000_000 }), {
      code: 'storage.access-denied',
    });
    assert.equal(seen.at(-1), 'DELETE');
  });
});

describe('an S3 store that does not know conditions', () => {
  for (const [what, body] of Object.entries({
    'in words': '<Error><Code>NotImplemented</Code><Message>A header you provided</Message></Error>',
    'by its status alone': '',
  }))
    it(`is not asked again and again, and the error says so (${what})`, async () => {
      answering((_, response) => void response.writeHead(501).end(body));
      const storing = store.put('bucket', 'key', Buffer.from('x'), { size: 1, onlyIfAbsent: true });
      await assert.rejects(storing, { name: 'PermanentError', code: 'storage.not-supported' });
      assert.equal(count, 1);
    });
});

describe('A cold object of an S3 store', () => {
  it('is told from one that is missing or denied, and is asked for by days and tier', async () => {
    let asked = '';
    answering((request, response) => {
      if (request.method === 'GET')
        return void response
          .writeHead(403)
          .end('<Error><Code>InvalidObjectState</Code><Message>cold</Message></Error>');
      request.on('data', (chunk) => (asked += String(chunk)));
      request.on('end', () => response.writeHead(202).end());
    });
    await assert.rejects(store.get('bucket', 'key'), { code: 'storage.cold', retriable: true });
    await store.restore('bucket', 'key', { days: 3, tier: 'Bulk' });
    assert.match(asked, /<Days>3<\/Days>.*<Tier>Bulk<\/Tier>/);
  });

  it('that is being restored already is no error, and is seen to be so', async () => {
    answering((request, response) => {
      if (request.method === 'HEAD')
        return void response
          .writeHead(200, {
            ...{ 'content-length': 3, etag: '"e"', 'x-amz-storage-class': 'GLACIER' },
            'x-amz-restore': 'ongoing-request="true"',
          })
          .end();
      response
        .writeHead(409)
        .end('<Error><Code>RestoreAlreadyInProgress</Code><Message>no</Message></Error>');
    });
    await store.restore('bucket', 'key', { days: 3 });
    const { storageClass, restoration } = (await store.head('bucket', 'key'))!;
    assert.deepEqual([storageClass, restoration], ['GLACIER', { isUnderWay: true }]);
    answering((_, response) => {
      const until = 'Fri, 25 Dec 2026 00:00:00 GMT';
      response.writeHead(200, {
        ...{ 'content-length': 3, etag: '"e"' },
        'x-amz-restore': `ongoing-request="false", expiry-date="${until}"`,
      });
      response.end();
    });
    assert.deepEqual((await store.head('bucket', 'key'))?.restoration, {
      isUnderWay: false,
      until: new Date('2026-12-25T00:00:00Z'),
    });
  });
});

const initiated =
  '<InitiateMultipartUploadResult><UploadId>an-upload</UploadId></InitiateMultipartUploadResult>';

describe('the endpoint of an S3 store', () => {
  for (const endpoint of ['minio:9000', 'ftp://x', 'http://x/path', '']) {
    it(`is refused as ${JSON.stringify(endpoint)}`, () =>
      assert.throws(() => new S3ObjectStore({ endpoint, accessKey: 'a', secretKey: 'b', region: 'c' }), {
        code: 'storage.request-invalid',
      }));
  }
});
