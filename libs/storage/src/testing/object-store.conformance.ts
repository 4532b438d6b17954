import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { before, describe, it } from 'node:test';
import { PermanentError } from '#kernel';
import { PartBuffer } from '../part-buffer.js';
import type { ObjectRange, ObjectStore, UploadPart } from '../object-store.js';
import { relayConformance } from './relay.conformance.js';

/** What the suite needs of an adapter. */
export interface ObjectStoreSubject {
  /** With pages of ten entries, if it has pages. */
  readonly store: ObjectStore;
  /** A bucket for this run alone; made by the suite. */
  readonly bucket: string;
  /** Sends a part as a client with a presigned address would. */
  putPart(key: string, uploadId: string, partNumber: number, content: Buffer): Promise<UploadPart>;
}

const oddKeys = [
  'odd/100%.txt',
  'odd/a+b c',
  'odd/ü/名前/😀',
  'odd/new\nline',
  'odd/<&>"\'',
  'odd/.../x',
  'odd/%2e%2e',
  'odd/back\\slash',
  'odd/007',
  '007',
];

/**
 * What every object store must do.
 *
 * @param name of the adapter, for the report
 * @param make called once; all tests share the bucket, each with keys of its own
 */
export function objectStoreConformance(name: string, make: () => Promise<ObjectStoreSubject>): void {
  describe(`${name} as object store`, () => {
    let subject: ObjectStoreSubject;
    let store: ObjectStore;
    let bucket: string;
    before(async () => {
      subject = await make();
      ({ store, bucket } = subject);
      await store.ensureBucket(bucket);
    });

    const put = async (key: string, content: string | Buffer): Promise<void> => {
      const body = Buffer.from(content);
      await store.put(bucket, key, body, { size: body.length });
    };
    const load = async (key: string, range?: ObjectRange): Promise<Buffer> =>
      collect(await store.get(bucket, key, range));
    const keys = async (prefix: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const { key } of store.list(bucket, prefix)) found.push(key);
      return found;
    };
    const pending = async (prefix: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const { uploadId } of store.pendingUploads(bucket, prefix)) found.push(uploadId);
      return found;
    };

    it('makes a bucket once', () => store.ensureBucket(bucket));

    it('gives back what was put, with its attributes', async () => {
      const content = randomBytes(100_000);
      const metadata = { sha256: 'ab'.repeat(32), note: 'a b' };
      const answer = await store.put(bucket, 'small', content, { size: content.length, metadata });
      assert.ok((await load('small')).equals(content));
      const head = await store.head(bucket, 'small');
      assert.ok(head !== undefined);
      assert.equal(head.size, content.length);
      assert.equal(answer.size, content.length);
      assert.equal(head.etag, answer.etag);
      assert.deepEqual(head.metadata, metadata);
      assert.ok(Math.abs(head.modifiedAt.getTime() - Date.now()) < 300_000);
    });

    it('keeps an empty object', async () => {
      await put('empty', '');
      assert.equal((await load('empty')).length, 0);
      assert.equal((await load('empty', { length: 5 })).length, 0);
      assert.equal((await store.head(bucket, 'empty'))?.size, 0);
    });

    it('streams an object of several parts', async () => {
      const content = randomBytes(40 * 1024 * 1024 + 7);
      const body = Readable.from(slices(content, 999_999));
      await store.put(bucket, 'large', body, { size: content.length, metadata: { kind: 'large' } });
      assert.ok((await load('large')).equals(content));
      assert.equal((await store.head(bucket, 'large'))?.metadata['kind'], 'large');
      const middle = await load('large', { offset: 16_777_200, length: 32 });
      assert.ok(middle.equals(content.subarray(16_777_200, 16_777_232)));
      assert.deepEqual(await pending('large'), []);
    });

    it('replaces an object', async () => {
      await put('twice', 'one');
      await put('twice', 'another');
      assert.equal((await load('twice')).toString(), 'another');
    });

    for (const size of [10, 17 * 1024 * 1024]) {
      it(`stores nothing of ${size} bytes whose source fails at its very end`, async () => {
        const mismatch = new PermanentError('test.checksum-mismatch', 'not what was expected');
        const body = (async function* () {
          yield* slices(Buffer.alloc(size), 1_000_000);
          await Promise.resolve();
          throw mismatch;
        })();
        const key = `failed/${size}`;
        await assert.rejects(store.put(bucket, key, body, { size }), mismatch);
        assert.equal(await store.head(bucket, key), undefined);
        assert.deepEqual(await pending(key), []);
      });

      it(`stores nothing of another size than ${size}`, async () => {
        const refused = { code: 'storage.size-mismatch', retriable: false };
        const key = `mismatch/${size}`;
        for (const announced of [size - 1, size + 1]) {
          const body = Readable.from(slices(Buffer.alloc(size), 1_000_000));
          await assert.rejects(store.put(bucket, key, body, { size: announced }), refused);
        }
        assert.equal(await store.head(bucket, key), undefined);
        assert.deepEqual(await pending(key), []);
      });
    }

    it('reads ranges', async () => {
      await put('digits', '0123456789');
      assert.equal((await load('digits', { offset: 3, length: 4 })).toString(), '3456');
      assert.equal((await load('digits', { offset: 8 })).toString(), '89');
      assert.equal((await load('digits', { offset: 8, length: 100 })).toString(), '89');
      assert.equal((await load('digits', { offset: 3, length: 0 })).toString(), '');
      for (const range of [{ offset: 10 }, { offset: -1 }, { offset: 0.5 }]) {
        await assert.rejects(store.get(bucket, 'digits', range), { code: 'storage.range-invalid' });
      }
    });

    it('survives a reader that leaves early', async () => {
      await put('left', Buffer.alloc(3_000_000, 'x'));
      for await (const _ of await store.get(bucket, 'left')) break;
      assert.equal((await load('left')).length, 3_000_000);
    });

    it('knows what is not there', async () => {
      const missing = { code: 'storage.not-found', retriable: false };
      await assert.rejects(store.get(bucket, 'missing'), missing);
      await assert.rejects(store.get(bucket, 'missing', { length: 0 }), missing);
      assert.equal(await store.head(bucket, 'missing'), undefined);
      const nowhere = { code: 'storage.bucket-not-found', retriable: true };
      const elsewhere = `${bucket}-missing`;
      await assert.rejects(store.put(elsewhere, 'x', Buffer.from('x'), { size: 1 }), nowhere);
      await assert.rejects(store.beginUpload(elsewhere, 'x'), nowhere);
      await assert.rejects(async () => {
        for await (const _ of store.list(elsewhere, ''));
      }, nowhere);
    });

    it('handles odd keys', async () => {
      for (const key of oddKeys) await put(key, `content of ${key}`);
      assert.deepEqual(await keys('odd/'), sorted(oddKeys.filter((key) => key !== '007')));
      assert.deepEqual(await keys('007'), ['007']);
      for (const key of oddKeys) assert.equal((await load(key)).toString(), `content of ${key}`);
      await store.remove(bucket, oddKeys);
      assert.deepEqual(await keys('odd/'), []);
    });

    it('lists by prefix, in order, beyond one page', async () => {
      const many = Array.from({ length: 25 }, (_, index) => `many/${index}`);
      await Promise.all(many.map((key) => put(key, key)));
      await put('manyother', '');
      assert.deepEqual(await keys('many/'), sorted(many));
      assert.equal((await keys('many')).length, 26);
      assert.deepEqual(await keys('none/'), []);
      for await (const { size, etag, modifiedAt } of store.list(bucket, 'many/19')) {
        assert.equal(size, 7);
        assert.match(etag, /^[0-9a-f]{32}$/);
        assert.ok(modifiedAt instanceof Date);
      }
      await store.remove(bucket, new Set(many));
      assert.deepEqual(await keys('many/'), []);
    });

    it('removes what is there and does not mind what is not', async () => {
      await put('doomed', 'x');
      await store.remove(bucket, ['doomed', 'never-was']);
      await store.remove(bucket, ['doomed']);
      await store.remove(bucket, []);
      assert.equal(await store.head(bucket, 'doomed'), undefined);
    });

    it('removes exactly the versions that were read', async () => {
      const parted = randomBytes(17 * 2 ** 20);
      const contents: [string, Buffer][] = [
        ['versions/a b', Buffer.from('one')],
        ['versions/ü', Buffer.from('')],
        ['versions/parted', parted],
        ['versions/overwritten', Buffer.from('old')],
        ['versions/gone', Buffer.from('gone')],
      ];
      const read: { key: string; etag: string }[] = [];
      for (const [key, content] of contents) {
        await store.put(bucket, key, content, { size: content.length });
        const { body, etag } = await store.open(bucket, key);
        for await (const _ of body);
        assert.equal(etag, (await store.head(bucket, key))?.etag);
        read.push({ key, etag });
      }
      const listed: { key: string; etag: string }[] = [];
      for await (const { key, etag } of store.list(bucket, 'versions/')) listed.push({ key, etag });
      assert.deepEqual(listed, sortedByKey(read), 'a listing, a look-up and a reader see one version');

      await store.put(bucket, 'versions/overwritten', Buffer.from('new'), { size: 3 });
      await store.remove(bucket, ['versions/gone']);
      assert.deepEqual(await store.removeUnchanged(bucket, read), ['versions/overwritten']);
      const left: string[] = [];
      for await (const { key } of store.list(bucket, 'versions/')) left.push(key);
      assert.deepEqual(left, ['versions/overwritten']);
      assert.equal(String(await load('versions/overwritten')), 'new');
      assert.deepEqual(await store.removeUnchanged(bucket, read.slice(0, 3)), []);
    });

    it('assembles the upload of a client', async () => {
      const uploadId = await store.beginUpload(bucket, 'assembled', { metadata: { by: 'client' } });
      const contents = [randomBytes(5 * 1024 * 1024), randomBytes(1000)];
      const parts: UploadPart[] = [];
      for (const [index, content] of contents.entries()) {
        parts.push(await subject.putPart('assembled', uploadId, index + 1, content));
      }
      assert.deepEqual(await pending('assembled'), [uploadId]);
      const arrived = await store.uploadedParts(bucket, 'assembled', uploadId);
      assert.deepEqual(
        arrived.map(({ partNumber, size }) => ({ partNumber, size })),
        contents.map((content, index) => ({ partNumber: index + 1, size: content.length })),
      );
      // In any order, and with etags as clients hand them on: quoted.
      const asGiven = parts.map(({ partNumber, etag }) => ({ partNumber, etag: `"${etag}"` })).reverse();
      await store.completeUpload(bucket, 'assembled', uploadId, asGiven);
      assert.ok((await load('assembled')).equals(Buffer.concat(contents)));
      assert.equal((await store.head(bucket, 'assembled'))?.metadata['by'], 'client');
      assert.deepEqual(await pending('assembled'), []);
    });

    it('replaces nothing where that is asked for', async () => {
      const body = Buffer.from('first');
      await store.put(bucket, 'only', body, { size: 5, onlyIfAbsent: true });
      await assert.rejects(store.put(bucket, 'only', Buffer.from('other'), { size: 5, onlyIfAbsent: true }), {
        code: 'storage.already-exists',
        retriable: false,
      });
      assert.equal((await load('only')).toString(), 'first');
    });

    it('assembles parts of its own sending, of which the last of each number counts', async () => {
      const uploadId = await store.beginUpload(bucket, 'own');
      const send = (partNumber: number, content: Buffer): Promise<UploadPart> =>
        store.sendPart(bucket, 'own', { uploadId, partNumber }, content);
      const [front, rest] = [randomBytes(5 * 1024 * 1024), randomBytes(1000)];
      await send(1, randomBytes(5 * 1024 * 1024));
      const parts = [await send(2, rest), await send(1, front)];
      await store.completeUpload(bucket, 'own', uploadId, parts);
      assert.ok((await load('own')).equals(Buffer.concat([front, rest])));
      const aborted = await store.beginUpload(bucket, 'own');
      await store.abortUpload(bucket, 'own', aborted);
      await assert.rejects(store.sendPart(bucket, 'own', { uploadId: aborted, partNumber: 1 }, rest), {
        code: 'storage.upload-not-found',
      });
    });

    relayConformance(() => subject);

    it('takes parts that are not held in memory', async () => {
      const uploadId = await store.beginUpload(bucket, 'from a file');
      const contents = [randomBytes(5 * 1024 * 1024 + 1), randomBytes(1000)];
      const parts: UploadPart[] = [];
      for (const [index, content] of contents.entries()) {
        const part = await PartBuffer.of(content.length, 0);
        await part.write(content);
        parts.push(await store.sendPart(bucket, 'from a file', { uploadId, partNumber: index + 1 }, part));
        await part.close();
      }
      await store.completeUpload(bucket, 'from a file', uploadId, parts);
      assert.ok((await load('from a file')).equals(Buffer.concat(contents)));
    });

    it('lists uploads beyond one page, several of one key among them', async () => {
      const ids: string[] = [];
      for (let index = 0; index < 12; index += 1) {
        ids.push(await store.beginUpload(bucket, `open/${index % 3} +ü`));
      }
      assert.deepEqual((await pending('open/')).sort(), ids.sort());
      for await (const { key, uploadId } of store.pendingUploads(bucket, 'open/')) {
        await store.abortUpload(bucket, key, uploadId);
      }
      assert.deepEqual(await pending('open/'), []);
    });

    it('refuses to assemble what did not arrive', async () => {
      const uploadId = await store.beginUpload(bucket, 'incomplete');
      const part = await subject.putPart('incomplete', uploadId, 1, Buffer.from('one'));
      for (const parts of [
        [part, { partNumber: 2, etag: '0'.repeat(32) }],
        [{ ...part, etag: '0'.repeat(32) }],
      ]) {
        await assert.rejects(store.completeUpload(bucket, 'incomplete', uploadId, parts), {
          code: 'storage.upload-invalid',
          retriable: false,
        });
      }
      await assert.rejects(store.completeUpload(bucket, 'incomplete', uploadId, []), {
        code: 'storage.request-invalid',
      });
      await store.abortUpload(bucket, 'incomplete', uploadId);
      assert.equal(await store.head(bucket, 'incomplete'), undefined);
    });

    it('aborts an upload, and again', async () => {
      const uploadId = await store.beginUpload(bucket, 'aborted');
      await subject.putPart('aborted', uploadId, 1, Buffer.from('one'));
      await store.abortUpload(bucket, 'aborted', uploadId);
      await store.abortUpload(bucket, 'aborted', uploadId);
      assert.deepEqual(await pending('aborted'), []);
      await assert.rejects(store.uploadedParts(bucket, 'aborted', uploadId), {
        code: 'storage.upload-not-found',
        retriable: false,
      });
    });

    it('refuses what no store accepts', async () => {
      const invalid = { code: 'storage.request-invalid', retriable: false };
      const body = Buffer.from('x');
      for (const key of ['', 'x'.repeat(1025), 'a\0b', 'a\ud800']) {
        await assert.rejects(store.put(bucket, key, body, { size: 1 }), invalid);
        await assert.rejects(async () => store.get(bucket, key), invalid);
        await assert.rejects(async () => store.presignedPut(bucket, key, 1, 60), invalid);
      }
      for (const wrong of ['ab', 'Upper', 'a/b', '../x', 'a..b']) {
        await assert.rejects(async () => store.ensureBucket(wrong), invalid);
      }
      await assert.rejects(store.put(bucket, 'x', body, { size: 1, metadata: { Ü: 'x' } }), invalid);
      await assert.rejects(store.put(bucket, 'x', body, { size: 1, metadata: { x: 'ü' } }), invalid);
      for (const seconds of [0, -1, 1.5, 700_000]) {
        await assert.rejects(async () => store.presignedGet(bucket, 'x', seconds), invalid);
      }
      for (const number of [0, 10_001, 1.5]) {
        const part = { uploadId: 'id', partNumber: number, size: 1 };
        await assert.rejects(async () => store.presignedPart(bucket, 'x', part, 60), invalid);
      }
      for (const size of [-1, 1.5, Number.NaN]) {
        await assert.rejects(async () => store.presignedPut(bucket, 'x', size, 60), invalid);
      }
    });
  });
}

function* slices(content: Buffer, size: number): Generator<Buffer, void, undefined> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

function sorted(keys: readonly string[]): string[] {
  return [...keys].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function sortedByKey<T extends { readonly key: string }>(versions: readonly T[]): T[] {
  return [...versions].sort((left, right) => Buffer.compare(Buffer.from(left.key), Buffer.from(right.key)));
}
