import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { pidAsName } from '#kernel';
import { ada, bucket, once, pid, shaOf, UploadStory } from '../testing/upload-story.js';
import { objectNameOf } from './object-names.js';

const day = 86_400_000;

describe('The upload of a dataset', () => {
  let story: UploadStory;
  beforeEach(async () => {
    story = await UploadStory.begin(process.env['MONGODB_URI']);
  });
  afterEach(() => story.end());

  it('is one, however many clients begin it at the same moment, and the newest holds it', async () => {
    story.catalogue.register(pid, 'g', [{ path: 'f', size: 100 }]);
    const grants = await Promise.all([story.grantOf(), story.grantOf(), story.grantOf()]);
    await Promise.all(grants.map((grant) => story.uploads.request(grant, pid, 0)));
    assert.equal(await story.store.uploads.countDocuments({}), 1);
    const { grant: holder } = await story.upload();
    for (const grant of grants) {
      const asked = story.links.announce(grant, pid, objectNameOf(pid, 'f'), 1);
      if (grant._id === holder) await asked;
      else await assert.rejects(asked, { status: 409, message: /begun again with another token/ });
    }
    assert.deepEqual(
      (await story.space.holds()).map(({ bytes }) => bytes),
      [100],
    );
  });

  it('goes on for a client that comes again, and makes the links of the earlier one void', async () => {
    const first = await story.open({ a: 'aa', b: 'bb' });
    await story.send(first, 'a', 'aa');
    const { tokens } = await story.links.announce(first, pid, objectNameOf(pid, 'b'), 1);
    const second = await story.grantOf();
    await story.uploads.request(second, pid, 0);
    await assert.rejects(story.put(tokens[0]!, 'bb'), { status: 404, code: 'NoSuchUpload' });
    await assert.rejects(story.aborting.abort(first, pid), { status: 409 });
    assert.deepEqual(await story.landed(), ['a']);
    await story.send(second, 'b', 'bb');
    await story.finalize(second);
    assert.equal(story.catalogue.jobs.size, 1);
  });

  it('asks the catalogue once for the links of many files at once, and again after a refusal', async () => {
    const paths = Array.from({ length: 40 }, (_, index) => `f${index}`);
    const grant = await story.open(Object.fromEntries(paths.map((path) => [path, 'x'])));
    const announced = (): Promise<unknown>[] =>
      paths.map((path) => story.links.announce(grant, pid, objectNameOf(pid, path), 1));
    let asked = 0;
    let isAway = true;
    story.catalogue.meanwhile = (call) => {
      if (call === 'admit') asked += 1;
      return isAway && call === 'admit' ? Promise.reject(new Error('away')) : Promise.resolve();
    };
    for (const outcome of await Promise.allSettled(announced())) assert.equal(outcome.status, 'rejected');
    isAway = false;
    asked = 0;
    await Promise.all(announced());
    assert.equal(asked, 1);
  });

  it('is not begun by another person while it is open', async () => {
    await story.open({ f: 'f' });
    const eve = await story.grantOf({ ...ada, username: 'eve' });
    await assert.rejects(story.uploads.request(eve, pid, 0), { status: 409, message: /ada does so/ });
    for (const call of [() => story.finalize(eve), () => story.aborting.abort(eve, pid)])
      await assert.rejects(call(), { status: 404 });
  });

  it('keeps room for what is listed, or for what is announced if that is more, and refuses the rest', async () => {
    const grant = await story.open({ f: 'x'.repeat(600) });
    story.catalogue.register('other', 'g', [{ path: 'f', size: 401 }]);
    await assert.rejects(story.uploads.request(grant, 'other', 0), {
      status: 507,
      message: /400 of 1000 bytes/,
    });
    await assert.rejects(story.uploads.request(grant, pid, 1), { status: 507 });
    story.catalogue.register('other', 'g', [{ path: 'f', size: 400 }]);
    await story.uploads.request(grant, 'other', 0);
    await story.aborting.abort(grant, pid);
    story.catalogue.register('third', 'g', []);
    await assert.rejects(
      story.uploads.request(grant, 'third', 0),
      { status: 507 },
      'nothing is listed: 1 GiB',
    );
  });

  it('is never given more room than there is, by twenty at once', async () => {
    const grant = await story.grantOf();
    const pids = Array.from({ length: 20 }, (_, index) => `p${index}`);
    for (const one of pids) story.catalogue.register(one, 'g', [{ path: 'f', size: 150 }]);
    const asked = await Promise.allSettled(pids.map((one) => story.uploads.request(grant, one, 0)));
    assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 6);
    const holds = await story.space.holds();
    assert.equal(
      holds.reduce((sum, { bytes }) => sum + bytes, 0),
      900,
    );
  });

  it('that is thrown away loses what it stored, and nothing else', async () => {
    const key = (path: string): string => `${pidAsName(pid)}/${path}`;
    await story.objects.put(bucket, key('older'), Buffer.from('old'), { size: 3 });
    const grant = await story.open({ a: 'aa', b: 'bb', c: 'cc', older: 'old' });
    await story.send(grant, 'a', 'aa');
    await story.send(grant, 'b', 'bb');
    await story.objects.put(bucket, key('b'), Buffer.from('BB'), { size: 2 });
    const { uploadId } = await story.links.announce(grant, pid, objectNameOf(pid, 'c'), 2);
    assert.match(await story.aborting.abort(grant, pid), /thrown away/);
    assert.deepEqual(await story.landed(), ['b', 'older']);
    await assert.rejects(story.objects.uploadedParts(bucket, key('c'), uploadId), {
      code: 'storage.upload-not-found',
    });
    // What others sent goes on to take room.
    assert.deepEqual(
      (await story.space.holds()).map(({ kind, bytes }) => [kind, bytes]),
      [['landed', 5]],
    );
    assert.equal((await story.upload()).state, 'aborted');
    assert.equal(await story.store.files.countDocuments({}), 0);
    assert.match(await story.aborting.abort(grant, pid), /thrown away/);
  });

  it('that is thrown away while a job works on the dataset leaves the files to the job', async () => {
    const grant = await story.open({ a: 'aa' });
    await story.send(grant, 'a', 'aa');
    story.catalogue.datasets.get(pid)!.workedOnBy = 'j';
    await story.aborting.abort(grant, pid);
    assert.deepEqual(await story.landed(), ['a']);
  });

  it('that could not be thrown away while the catalogue was away is, as soon as it is back', async () => {
    const grant = await story.open({ a: 'aa' });
    await story.send(grant, 'a', 'aa');
    story.catalogue.away = true;
    await assert.rejects(story.aborting.abort(grant, pid), { code: 'catalog.away' });
    assert.deepEqual(await story.landed(), ['a'], 'a job may need them');
    story.catalogue.away = false;
    await story.sweep.round();
    assert.deepEqual([await story.landed(), (await story.upload()).state], [[], 'aborted']);
    await story.uploads.request(await story.grantOf(), pid, 0);
  });

  it('loses bytes that arrive after it was thrown away', async () => {
    const grant = await story.open({ a: 'aa' });
    const { tokens } = await story.links.announce(grant, pid, objectNameOf(pid, 'a'), 1);
    const late = async function* () {
      await story.aborting.abort(grant, pid);
      yield* once('aa');
    };
    await assert.rejects(story.put(tokens[0]!, 'aa', late()), { status: 404, code: 'NoSuchUpload' });
    assert.deepEqual(await story.landed(), []);
  });

  it('is thrown away once nobody went on with it, unless a client comes at that very moment', async () => {
    const grant = await story.open({ a: 'aa' });
    await story.send(grant, 'a', 'aa');
    story.clock.advance(7 * day + 1);
    const again = await story.grantOf();
    await story.uploads.request(again, pid, 0);
    await story.sweep.round();
    assert.equal((await story.upload()).state, 'open');
    story.clock.advance(7 * day + 1);
    await story.sweep.round();
    assert.equal((await story.upload()).state, 'aborted');
    assert.deepEqual([await story.landed(), await story.space.holds()], [[], []]);
    assert.equal(await story.store.grants.countDocuments({}), 0);
    story.clock.advance(7 * day + 1);
    await story.sweep.round();
    assert.equal(await story.store.uploads.countDocuments({}), 0);
  });

  it('keeps the newest of two transfers of one file, and the file when the other ends after the upload', async () => {
    const grant = await story.open({ a: 'aa' });
    const { tokens } = await story.links.announce(grant, pid, objectNameOf(pid, 'a'), 1);
    const late = async function* () {
      await story.put(tokens[0]!, 'aa');
      await story.finalize(grant);
      yield* once('aa');
    };
    await assert.rejects(story.put(tokens[0]!, 'aa', late()), { status: 404 });
    assert.deepEqual(await story.landed(), ['a']);
    const again = await story.open({ b: 'bb' }, 'two');
    const second = await story.links.announce(again, 'two', objectNameOf('two', 'b'), 1);
    const slow = async function* () {
      await story.put(second.tokens[0]!, 'bb');
      yield* once('bb');
    };
    await assert.rejects(story.put(second.tokens[0]!, 'bb', slow()), { status: 404 });
    await story.finalize(again, true, 'two');
  });

  it('beside an earlier one that was finalized leaves the files of that one alone when it is thrown away', async () => {
    const first = await story.open({ a: 'aa', b: 'bb' });
    await story.send(first, 'a', 'aa');
    await story.send(first, 'b', 'bb');
    await story.finalize(first, false);
    const second = await story.grantOf();
    story.catalogue.datasets.get(pid)!.files.push({ path: 'c', size: 2 });
    await story.uploads.request(second, pid, 0);
    await story.send(second, 'a', 'aa');
    await story.links.announce(second, pid, objectNameOf(pid, 'b'), 1);
    await story.send(second, 'c', 'cc');
    await story.aborting.abort(second, pid);
    assert.deepEqual(await story.landed(), ['a', 'b']);
    assert.deepEqual(
      (await story.space.holds()).map(({ kind, bytes }) => [kind, bytes]),
      [['landed', 4]],
    );
  });

  it('has room reserved for what is registered while it is open, or is refused', async () => {
    const grant = await story.open({ a: 'a'.repeat(100) });
    story.catalogue.datasets.get(pid)!.files.push({ path: 'b', size: 300 });
    story.clock.advance(3000);
    await story.links.announce(grant, pid, objectNameOf(pid, 'b'), 1);
    assert.deepEqual(
      (await story.space.holds()).map(({ bytes }) => bytes),
      [400],
    );
    story.catalogue.datasets.get(pid)!.files.push({ path: 'c', size: 700 });
    story.clock.advance(3000);
    await assert.rejects(story.links.announce(grant, pid, objectNameOf(pid, 'c'), 1), { status: 507 });
  });

  it('takes nothing by links of before once a job works on the dataset', async () => {
    const grant = await story.open({ a: 'aa' });
    const { tokens } = await story.links.announce(grant, pid, objectNameOf(pid, 'a'), 1);
    story.catalogue.datasets.get(pid)!.workedOnBy = 'j';
    story.clock.advance(11_000);
    await assert.rejects(story.put(tokens[0]!, 'aa'), { status: 404, message: /Job j works on/ });
    assert.deepEqual(await story.landed(), []);
  });

  it('takes no more bytes of files that nobody listed than it has room for', async () => {
    const grant = await story.open({ a: 'a'.repeat(10) });
    await story.send(grant, 'x', 'x'.repeat(6));
    await assert.rejects(story.send(grant, 'y', 'y'.repeat(6)), { status: 400, code: 'EntityTooLarge' });
    await assert.rejects(story.send(grant, 'a', 'a'.repeat(9)), { status: 400, code: 'InvalidRequest' });
  });

  it('lets go of room that was kept for an upload whose record was never written', async () => {
    await story.space.reserve('gone', 10);
    await story.sweep.round();
    assert.equal((await story.space.holds()).length, 1);
    story.clock.advance(600_001);
    await story.sweep.round();
    assert.deepEqual(await story.space.holds(), []);
  });
});

describe('A file in parts', () => {
  let story: UploadStory;
  before(async () => {
    story = await UploadStory.begin(process.env['MONGODB_URI']);
  });
  after(() => story.end());

  const digest = (...parts: string[]): string => {
    const digests = parts.map((part) => Buffer.from(shaOf(Buffer.from(part)), 'base64'));
    return shaOf(Buffer.concat(digests));
  };
  const listed = (etags: readonly string[], parts: readonly string[]) =>
    parts.map((part, index) => ({
      number: index + 1,
      etag: etags[index]!,
      sha256: shaOf(Buffer.from(part)),
    }));

  it('is put together once, of what arrived, also when its end was not written down', async () => {
    const grant = await story.open({ f: 'abcde' });
    const name = objectNameOf(pid, 'f');
    const { uploadId, tokens } = await story.links.announce(grant, pid, name, 2);
    const parts = ['abc', 'de'];
    const etags = [await story.put(tokens[0]!, 'abc'), await story.put(tokens[1]!, 'de')];
    const wanted = { pid, objectName: name, uploadId, parts: listed(etags, parts), sha256: digest(...parts) };
    const swapped = {
      ...wanted,
      parts: wanted.parts.map((part) => ({ ...part, sha256: wanted.parts[0]!.sha256 })),
    };
    await assert.rejects(story.multiparts.complete(grant, swapped), { status: 422, message: /part 2 of/ });
    await assert.rejects(story.multiparts.complete(grant, { ...wanted, sha256: wanted.parts[0]!.sha256 }), {
      status: 422,
    });
    // As a process leaves it that ends between the store and the record.
    await story.objects.completeUpload(
      bucket,
      `${pidAsName(pid)}/f`,
      uploadId,
      etags.map((etag, index) => ({ partNumber: index + 1, etag })),
    );
    await story.multiparts.complete(grant, { ...wanted, sha256: `${wanted.sha256}-2` });
    await story.multiparts.complete(grant, wanted);
    await assert.rejects(story.multiparts.complete(grant, { ...wanted, sha256: 'another' }), { status: 422 });
    assert.equal(await story.store.parts.countDocuments({}), 0);
    await story.finalize(grant);
  });

  it('that was begun again is put together of the new parts only', async () => {
    const grant = await story.open({ f: 'abcde' }, 'again');
    const name = objectNameOf('again', 'f');
    const first = await story.links.announce(grant, 'again', name, 2);
    const etag = await story.put(first.tokens[0]!, 'abc');
    const second = await story.links.announce(grant, 'again', name, 2);
    await assert.rejects(story.put(first.tokens[1]!, 'de'), { status: 404 });
    const wanted = {
      pid: 'again',
      objectName: name,
      parts: listed([etag, etag], ['abc', 'de']),
      sha256: digest('abc', 'de'),
    };
    await assert.rejects(story.multiparts.complete(grant, { ...wanted, uploadId: first.uploadId }), {
      status: 404,
    });
    await assert.rejects(story.multiparts.complete(grant, { ...wanted, uploadId: second.uploadId }), {
      status: 422,
      message: /part 1 of .* has not arrived/,
    });
    await story.multiparts.abort(grant, '', name, second.uploadId);
    await story.multiparts.abort(grant, 'again', name, second.uploadId);
    await assert.rejects(story.finalize(grant, true, 'again'), { status: 409, message: /1 missing/ });
  });
});
