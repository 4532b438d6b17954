import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Links } from './links.js';
import { sampleTar, spoilt } from './sample-tar.js';

describe('Links of the checks', () => {
  const sample = sampleTar(100_000);
  let links: Links;
  before(async () => {
    links = await Links.open('127.0.0.1', 0);
  });
  after(() => links.close());

  const read = async (url: string): Promise<Buffer> => Buffer.from(await (await fetch(url)).arrayBuffer());

  it('give the tar, and count who reads it', async () => {
    const link = links.make(sample);
    assert.deepEqual(await read(link.url), sample.bytes);
    assert.equal(link.requests, 1);
  });

  it('give one changed byte under the same checksum', async () => {
    const found = await read(links.make(spoilt(sample)).url);
    assert.equal(found.length, sample.packedSize);
    assert.equal(found.filter((byte, at) => byte !== sample.bytes[at]).length, 1);
  });

  it('refuse, and cut', async () => {
    assert.equal((await fetch(links.make(sample, { status: 403 }).url)).status, 403);
    await assert.rejects(read(links.make(sample, { cutAfter: 50_000 }).url));
    assert.equal((await fetch(links.make(sample).url.replace('copy.tar', 'other.tar'))).status, 404);
  });

  it('are slow until they are released, and know who leaves', async () => {
    const slow = links.make(sample, { slow: true });
    const reading = read(slow.url);
    await slow.begun;
    slow.release();
    assert.deepEqual(await reading, sample.bytes);

    const leaving = new AbortController();
    const left = links.make(sample, { slow: true });
    const broken = fetch(left.url, { signal: leaving.signal }).then((answer) => answer.arrayBuffer());
    await left.begun;
    leaving.abort();
    await assert.rejects(broken);
    await left.left;
  });

  it('take what is put there, with what was said of its length', async () => {
    const link = links.make(sample);
    await fetch(link.url, { method: 'PUT', body: new Uint8Array(sample.bytes) });
    const { packedSize: size, sha256 } = sample;
    assert.deepEqual(link.arrived, [{ size, sha256, contentLength: String(size) }]);
  });
});
