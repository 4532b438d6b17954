import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileOf } from './ingested-files.js';
import { IngestorCrashed, IngestorFailed } from './ingestor-errors.js';
import { Ingestor, type IngestorOptions } from './ingestor.js';
import { digestOf } from './patient-put.js';

interface Asked {
  readonly call: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface Said {
  readonly status: number;
  readonly json?: object;
  readonly etag?: string;
}

const base = '/archiver/api/v1';

/** What the client does on the wire, and what it makes of odd answers: read off scopemarchiver.md §9. */
describe("The Ingestor's double", () => {
  let server: Server;
  let url: string;
  let asked: Asked[];
  /** Answers instead of the usual ones, by call, in turn. */
  let odd: Map<string, Said[]>;

  beforeEach(async () => {
    asked = [];
    odd = new Map();
    server = createServer((request, reply) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const call = `${request.method} ${(request.url ?? '').replace(base, '')}`;
        const body = Buffer.concat(pieces);
        asked.push({ call, headers: request.headers, body });
        const { status, json, etag } = odd.get(call)?.shift() ?? usual(call, body);
        reply.writeHead(status, {
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...(etag === undefined ? {} : { etag: `"${etag}"` }),
        });
        reply.end(json === undefined ? '' : JSON.stringify(json));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const usual = (call: string, body: Buffer): Said => {
    const token = { access_token: 'fresh', refresh_token: 'r', expires_in: 3600 };
    if (call === 'POST /token') return { status: 201, json: { ...token, access_token: 'first' } };
    if (call === 'POST /oauth2/token') return { status: 200, json: token };
    if (call.startsWith('PUT')) return { status: 200, etag: `etag of ${body.length}` };
    if (call !== 'POST /s3/presignedUrls') return { status: 201, json: { dataset_id: 'p', message: 'm' } };
    const { parts } = JSON.parse(body.toString()) as { parts: number };
    const urls = Array.from({ length: parts }, (_, index) => `${url}${base}/put/${index + 1}`);
    const upload_id = parts === 1 ? '' : 'u';
    return { status: 201, json: { upload_id, urls: urls.map((one) => Buffer.from(one).toString('base64')) } };
  };
  const ingestor = (more: Partial<IngestorOptions> = {}): Ingestor =>
    new Ingestor({
      ...{ scicatUrl: url, scicatToken: 'scicat', username: 'ada', endpoint: `${url}${base}` },
      ...{ chunkSize: 10, pause: () => 1, roomInterval: 1, clientId: 'openem', ...more },
    });
  const send = (content: string, more?: Partial<IngestorOptions>): Promise<void> =>
    ingestor(more).upload('p', [fileOf('a/b', Buffer.from(content))]);
  const calls = (name: string): Asked[] => asked.filter(({ call }) => call === name);
  const bodyOf = (one?: Asked): unknown => JSON.parse(one!.body.toString());

  it('takes its token for expired at once, and renews it without a secret: in a header, then in the form', async () => {
    odd.set('POST /oauth2/token', [{ status: 401, json: { error: 'invalid_client' } }]);
    await send('small');
    const [header, form, ...more] = calls('POST /oauth2/token');
    assert.deepEqual(more, [], 'the renewed one is not taken for expired');
    assert.equal(header?.headers.authorization, `Basic ${Buffer.from('openem:').toString('base64')}`);
    assert.equal(header.body.toString(), 'grant_type=refresh_token&refresh_token=r');
    assert.equal(form?.headers.authorization, undefined);
    assert.equal(form?.body.toString(), 'client_id=openem&grant_type=refresh_token&refresh_token=r');
    for (const { call, headers } of asked)
      if (call.startsWith('POST /s3/')) assert.equal(headers.authorization, 'Bearer fresh');
  });

  it('sends a small file whole, with its headers', async () => {
    await send('small');
    const [links] = calls('POST /s3/presignedUrls');
    const object_name = 'openem-network/datasets/p/raw_files/a/b';
    assert.deepEqual(bodyOf(links), { dataset_id: 'p', object_name, parts: 1 });
    const [put, ...more] = calls('PUT /put/1');
    assert.deepEqual(more, []);
    assert.equal(put?.headers['x-amz-checksum-sha256'], digestOf(Buffer.from('small')).toString('base64'));
    assert.equal(put.headers['x-amz-storage-class'], 'GLACIER');
    assert.equal(put.headers['content-type'], '');
    assert.equal(put.headers['content-length'], '5');
    assert.equal(put.headers['transfer-encoding'], undefined);
    assert.deepEqual(calls('POST /s3/completeUpload'), []);
  });

  it('sends a longer one in parts, and one of a whole chunk as a single part', async () => {
    await send('0123456789abcdefghijKLM');
    const digests = ['0123456789', 'abcdefghij', 'KLM'].map((part) => digestOf(Buffer.from(part)));
    assert.deepEqual(bodyOf(calls('POST /s3/completeUpload')[0]), {
      ...{ dataset_id: 'p', object_name: 'openem-network/datasets/p/raw_files/a/b', upload_id: 'u' },
      parts: digests.map((digest, index) => ({
        part_number: index + 1,
        etag: `etag of ${index === 2 ? 3 : 10}`,
        checksum_sha256: digest.toString('base64'),
      })),
      checksum_sha256: digestOf(Buffer.concat(digests)).toString('base64'),
    });
    asked.length = 0;
    await send('0123456789');
    const [complete] = calls('POST /s3/completeUpload');
    assert.equal((bodyOf(complete) as { upload_id: string }).upload_id, '');
  });

  it('asks for room in whole GiB again and again, and says what it wants in the end', async () => {
    const full = { status: 507, json: { message: 'full', dataset_id: 'p', requested_size_gib: 0 } };
    odd.set('POST /s3/requestDatasetUpload', [full, full]);
    await send('small', { autoArchive: false, ownerGroup: 'g', contactEmail: 'x@example.org' });
    const asks = calls('POST /s3/requestDatasetUpload');
    assert.equal(asks.length, 3);
    assert.deepEqual(bodyOf(asks[0]), { dataset_id: 'p', dataset_size_gib: 0 });
    assert.deepEqual(bodyOf(calls('POST /s3/finalizeDatasetUpload')[0]), {
      ...{ dataset_id: 'p', create_archiving_job: false, owner_group: 'g', owner_user: 'ada' },
      contact_email: 'x@example.org',
    });
  });

  it('sends again what a server was too busy for, up to ten times', async () => {
    odd.set('PUT /put/1', Array<Said>(10).fill({ status: 503 }));
    await send('small');
    assert.equal(calls('PUT /put/1').length, 11);
    odd.set('PUT /put/1', Array<Said>(11).fill({ status: 503 }));
    await assert.rejects(send('small'), IngestorFailed);
    odd.set('PUT /put/1', [{ status: 400 }]);
    asked.length = 0;
    await assert.rejects(send('small'), /400/);
    assert.equal(calls('PUT /put/1').length, 1, 'what is wrong is not sent again');
    assert.equal(calls('POST /s3/abortDatasetUpload').length, 1);
  });

  it('sends all files of a data set at once, whatever it is told', async () => {
    const files = Array.from({ length: 20 }, (_, index) => fileOf(`f${index}`, Buffer.from('x')));
    let begun = 0;
    let most = 0;
    await ingestor({
      concurrentFiles: 2,
      onStep: ({ kind }) => {
        begun += kind === 'begun' ? 1 : kind === 'stored' ? -1 : 0;
        most = Math.max(most, begun);
      },
    }).upload('p', files);
    assert.ok(most > 2, `${most} at once`);
  });

  it('takes for a success of completeUpload whatever is not 500 or 422', async () => {
    odd.set('POST /s3/completeUpload', [{ status: 401, json: { detail: 'expired' } }]);
    await send('0123456789abc');
    assert.equal(calls('POST /s3/finalizeDatasetUpload').length, 1);
    for (const said of [
      { status: 500, json: { message: 'm', details: 'why' } },
      { status: 422, json: { detail: [{ loc: ['body', 'parts'], msg: 'why', type: 't' }] } },
    ]) {
      odd.set('POST /s3/completeUpload', [said]);
      asked.length = 0;
      await assert.rejects(send('0123456789abc'), /why/);
      const [abort] = calls('POST /s3/abortMultipartUpload');
      assert.equal((bodyOf(abort) as { dataset_id: string }).dataset_id, '');
      assert.equal(calls('POST /s3/abortDatasetUpload').length, 1);
    }
  });

  it('dies of answers that it does not know', async () => {
    for (const [call, said] of [
      ['POST /token', { status: 201, json: { access_token: 'a', refresh_token: 'r' } }],
      ['POST /s3/requestDatasetUpload', { status: 507 }],
      ['POST /s3/presignedUrls', { status: 401, json: { detail: 'expired' } }],
      ['POST /s3/presignedUrls', { status: 429, json: { message: 'later' } }],
      ['POST /s3/presignedUrls', { status: 500, json: { message: 'no details' } }],
      ['POST /s3/presignedUrls', { status: 422, json: { message: 'no detail' } }],
      ['POST /s3/finalizeDatasetUpload', { status: 500, json: { message: 'no details' } }],
    ] as const) {
      odd.set(call, [said]);
      await assert.rejects(send('small'), IngestorCrashed, `${call} ${said.status}`);
    }
  });

  it('leaves nothing behind but silence when its process ends', async () => {
    const gone = new AbortController();
    const dying = send('small', {
      gone: gone.signal,
      onStep: ({ kind }) => void (kind === 'put' && gone.abort(new Error('killed'))),
    });
    await assert.rejects(dying, /killed/);
    assert.deepEqual(calls('POST /s3/abortDatasetUpload'), []);
    const cancel = new AbortController();
    const cancelled = send('0123456789abc', {
      cancel: cancel.signal,
      onStep: ({ kind }) => void (kind === 'begun' && cancel.abort(new Error('cancelled'))),
    });
    await assert.rejects(cancelled, /cancelled/);
    assert.equal(calls('POST /s3/abortDatasetUpload').length, 1);
  });
});
