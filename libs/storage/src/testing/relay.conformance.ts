import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { it } from 'node:test';
import type { ObjectStore, UploadPart } from '../object-store.js';

/** A body that comes bit by bit. */
async function* pieces(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 70_000) {
    await Promise.resolve();
    yield content.subarray(at, at + 70_000);
  }
}

function announcedOf(content: Buffer): { size: number; sha256: string } {
  return { size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** What every object store must do with bytes that are passed on. */
export function relayConformance(
  subject: () => { readonly store: ObjectStore; readonly bucket: string },
): void {
  const load = async (key: string): Promise<Buffer> => {
    const { store, bucket } = subject();
    const pieces: Buffer[] = [];
    for await (const piece of await store.get(bucket, key)) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  };

  it('passes an object and the parts of one on as they come', async () => {
    const { store, bucket } = subject();
    const content = randomBytes(6 * 2 ** 20 + 7);
    const whole = await store.relay(bucket, 'relayed/whole', pieces(content), announcedOf(content));
    assert.deepEqual(await load('relayed/whole'), content);
    assert.equal((await store.head(bucket, 'relayed/whole'))?.etag, whole.etag);
    await store.relay(bucket, 'relayed/empty', pieces(Buffer.alloc(0)), announcedOf(Buffer.alloc(0)));
    assert.equal((await load('relayed/empty')).length, 0);
    const uploadId = await store.beginUpload(bucket, 'relayed/parts');
    const cut = 5 * 2 ** 20;
    const parts: UploadPart[] = [];
    for (const [index, part] of [content.subarray(0, cut), content.subarray(cut)].entries()) {
      const options = { ...announcedOf(part), part: { uploadId, partNumber: index + 1 } };
      parts.push({
        partNumber: index + 1,
        ...(await store.relay(bucket, 'relayed/parts', pieces(part), options)),
      });
    }
    await store.completeUpload(bucket, 'relayed/parts', uploadId, parts);
    assert.deepEqual(await load('relayed/parts'), content);
  });

  it('asks before the last bytes go on, and makes nothing when the answer is no', async () => {
    const { store, bucket } = subject();
    const content = randomBytes(100_000);
    const asked: unknown[] = [];
    const beforeEnd = (answer: () => Promise<void>) => async (): Promise<void> => {
      asked.push(await store.head(bucket, 'relayed/asked'));
      await answer();
    };
    const no = new Error('no longer wanted');
    const refusal = { ...announcedOf(content), beforeEnd: beforeEnd(() => Promise.reject(no)) };
    await assert.rejects(store.relay(bucket, 'relayed/asked', pieces(content), refusal), no);
    assert.equal(await store.head(bucket, 'relayed/asked'), undefined);
    const leave = { ...announcedOf(content), beforeEnd: beforeEnd(() => Promise.resolve()) };
    await store.relay(bucket, 'relayed/asked', pieces(content), leave);
    assert.deepEqual(await load('relayed/asked'), content);
    assert.deepEqual(asked, [undefined, undefined]);
  });

  it('makes nothing of bytes on their way that are not what was announced', async () => {
    const { store, bucket } = subject();
    const content = randomBytes(300_000);
    const { size, sha256 } = announcedOf(content);
    const broken = async function* () {
      yield content.subarray(0, 200_000);
      await Promise.reject(new Error('the sender has gone'));
    };
    const send = (body: AsyncIterable<Uint8Array>, more: object) =>
      store.relay(bucket, 'relayed/wrong', body, { size, sha256, ...more });
    await assert.rejects(send(pieces(content), { sha256: announcedOf(Buffer.from('x')).sha256 }), {
      code: 'storage.checksum-mismatch',
    });
    for (const wrong of [size - 1, size + 1])
      await assert.rejects(send(pieces(content), { size: wrong }), { code: 'storage.size-mismatch' });
    await assert.rejects(send(broken(), {}));
    assert.equal(await store.head(bucket, 'relayed/wrong'), undefined);
    const uploadId = await store.beginUpload(bucket, 'relayed/wrong');
    const part = { uploadId, partNumber: 1 };
    await assert.rejects(send(pieces(content), { part, sha256: announcedOf(Buffer.from('x')).sha256 }));
    assert.deepEqual(await store.uploadedParts(bucket, 'relayed/wrong', uploadId), []);
    await store.abortUpload(bucket, 'relayed/wrong', uploadId);
    await assert.rejects(send(pieces(content), { part }), { code: 'storage.upload-not-found' });
  });
}
