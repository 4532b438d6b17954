import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { PermanentError, pidAsName } from '#kernel';
import { ada, bucket, pid, UploadStory } from '../testing/upload-story.js';
import { objectNameOf } from './object-names.js';

describe('The end of an upload', () => {
  let story: UploadStory;
  beforeEach(async () => {
    story = await UploadStory.begin(process.env['MONGODB_URI']);
  });
  afterEach(() => story.end());

  const key = (path: string): string => `${pidAsName(pid)}/${path}`;

  it('marks the dataset and posts one job, however often and by how many it is asked for', async () => {
    const grant = await story.open({ a: 'aa', 'b/c': 'bb' });
    await story.send(grant, 'a', 'aa');
    await story.send(grant, 'b/c', 'bb');
    const ends = await Promise.allSettled([
      story.finalize(grant),
      story.finalize(grant),
      story.finalize(grant),
    ]);
    assert.ok(ends.some(({ status }) => status === 'fulfilled'));
    await story.finalize(grant);
    const { state, jobId, reserved } = await story.upload();
    assert.deepEqual([state, reserved, story.catalogue.jobs.size], ['finalized', 0, 1]);
    assert.equal(jobId, [...story.catalogue.jobs.values()][0]);
    assert.deepEqual(
      (await story.space.holds()).map(({ kind, bytes }) => [kind, bytes]),
      [['landed', 4]],
    );
    assert.match(await story.aborting.abort(grant, pid), /nothing was removed/);
    assert.deepEqual(await story.landed(), ['a', 'b/c']);
    assert.equal(await story.store.files.countDocuments({}), 0);
  });

  it('lets go of the room once nothing of it lies there any more', async () => {
    const grant = await story.open({ a: 'aa' });
    await story.send(grant, 'a', 'aa');
    await story.finalize(grant);
    story.clock.advance(600_001);
    await story.sweep.round();
    assert.equal((await story.space.holds()).length, 1);
    await story.objects.remove(bucket, [key('a')]);
    await story.sweep.round();
    assert.deepEqual(await story.space.holds(), []);
  });

  it('names what is missing, of another size, begun, or not listed; and stays open', async () => {
    const grant = await story.open({ a: 'aa', b: 'bb', c: 'cc', d: 'dd' });
    await story.send(grant, 'a', 'aa');
    await story.send(grant, 'b', 'bb');
    await story.objects.put(bucket, key('b'), Buffer.from('b'), { size: 1 });
    await story.links.announce(grant, pid, objectNameOf(pid, 'c'), 2);
    await story.send(grant, 'x', 'x');
    await assert.rejects(story.finalize(grant), (error: Error) => {
      assert.match(error.message, /all 4 files .* 2 missing \("c", "d"\); 1 of another size \("b"\)/);
      assert.match(
        error.message,
        /1 begun and not ended \("c"\); 1 sent and not listed \("x"\); 1 written over since \("b"\)/,
      );
      return true;
    });
    assert.equal((await story.upload()).state, 'open');
    assert.equal(story.catalogue.datasets.get(pid)!.archivable, false);
  });

  it('refuses a file that was written over since, though it has the size of the one that was sent', async () => {
    const grant = await story.open({ a: 'aa' });
    await story.send(grant, 'a', 'aa');
    await story.objects.put(bucket, key('a'), Buffer.from('AA'), { size: 2 });
    await assert.rejects(story.finalize(grant), { status: 409, message: /written over/ });
  });

  it('looks at what the catalogue lists then, not at what it listed before', async () => {
    const grant = await story.open({ a: 'aa' });
    await story.send(grant, 'a', 'aa');
    story.catalogue.datasets.get(pid)!.files.push({ path: 'late', size: 1 });
    await assert.rejects(story.finalize(grant), { message: /1 missing \("late"\)/ });
    story.catalogue.datasets.get(pid)!.files = [];
    await assert.rejects(story.finalize(grant), { message: /Expected files .* found none/ });
  });

  it('refuses what is sent while it is looked at', async () => {
    const grant = await story.open({ a: 'aa' });
    const { tokens } = await story.links.announce(grant, pid, objectNameOf(pid, 'a'), 1);
    await story.put(tokens[0]!, 'aa');
    let refused: unknown;
    story.catalogue.meanwhile = async (call) => {
      if (call === 'files') refused = await story.put(tokens[0]!, 'AA').catch((error: unknown) => error);
    };
    await story.finalize(grant);
    assert.match(String(refused), /over, or was begun again/);
  });

  it('is finished by the sweep when the catalogue was away, though its client gave up', async () => {
    const grant = await story.open({ a: 'aa' });
    await story.send(grant, 'a', 'aa');
    for (const strike of ['markArchivable', 'postArchiveJob'] as const) {
      story.catalogue.meanwhile = (call) => {
        story.catalogue.away = call === strike;
        return Promise.resolve();
      };
      await assert.rejects(story.finalize(grant), { code: 'catalog.away' });
      story.catalogue.away = false;
      assert.equal((await story.upload()).state, 'complete');
      assert.match(await story.aborting.abort(grant, pid), /nothing was removed/);
    }
    story.catalogue.meanwhile = undefined;
    await story.sweep.round();
    assert.equal((await story.upload()).state, 'finalized');
    assert.equal(story.catalogue.jobs.size, 1);
    await story.finalize(grant);
  });

  it('is looked at later when the catalogue was away, though its client gave up, and thrown away only if something is missing', async () => {
    for (const sent of [['a', 'b'], ['a']]) {
      const grant = await story.open({ a: 'aa', b: 'bb' });
      for (const path of sent) await story.send(grant, path, path.repeat(2));
      story.catalogue.away = true;
      await assert.rejects(story.finalize(grant), { code: 'catalog.away' });
      assert.match(await story.aborting.abort(grant, pid), /as soon as the catalogue answers/);
      await story.sweep.round();
      assert.deepEqual([(await story.upload()).state, await story.landed()], ['closing', sent]);
      story.catalogue.away = false;
      await story.sweep.round();
      await story.sweep.round();
      assert.equal((await story.upload()).state, sent.length === 2 ? 'finalized' : 'aborted');
      assert.deepEqual(await story.landed(), sent.length === 2 ? sent : []);
      story.catalogue.datasets.get(pid)!.workedOnBy = undefined;
      await story.objects.remove(bucket, [key('a'), key('b')]);
    }
    assert.equal(story.catalogue.jobs.size, 1);
  });

  it('that could not be looked at opens again for a person who begins anew', async () => {
    const grant = await story.open({ a: 'aa' });
    story.catalogue.away = true;
    await assert.rejects(story.finalize(grant), { code: 'catalog.away' });
    await story.aborting.abort(grant, pid);
    story.catalogue.away = false;
    const again = await story.grantOf();
    await story.uploads.request(again, pid, 0);
    await story.sweep.round();
    assert.equal((await story.upload()).state, 'open');
    await story.send(again, 'a', 'aa');
    await story.finalize(again);
  });

  it('knows its own job when the answer about it was lost', async () => {
    const grant = await story.open({ a: 'aa' });
    await story.send(grant, 'a', 'aa');
    story.catalogue.meanwhile = async (call) => {
      if (call !== 'postArchiveJob') return;
      story.catalogue.meanwhile = undefined;
      const { upload: uploadId } = await story.upload();
      await story.catalogue.postArchiveJob(ada, { uploadId, pid, contactEmail: '' });
      throw new Error('the connection broke');
    };
    await assert.rejects(story.finalize(grant), /the connection broke/);
    await story.finalize(grant);
    assert.equal(story.catalogue.jobs.size, 1);
    assert.equal((await story.upload()).state, 'finalized');
  });

  it('that was cut off while it looked opens again, and can be asked for once more', async () => {
    const grant = await story.open({ a: 'aa' });
    await story.send(grant, 'a', 'aa');
    const { upload } = await story.upload();
    const workedUntil = new Date(story.clock.now().getTime() + 600_000);
    const cut = { state: 'closing' as const, worker: 'w', workedUntil };
    await story.store.uploads.updateOne({ _id: pid, upload }, { $set: cut });
    await story.sweep.round();
    await assert.rejects(story.finalize(grant), { status: 409 });
    story.clock.advance(600_001);
    await story.sweep.round();
    assert.equal((await story.upload()).state, 'open');
    await story.finalize(grant);
  });

  it('is not written by a look that outlived its lease, and after which the upload was begun anew', async () => {
    const grant = await story.open({ a: 'aa' });
    await story.send(grant, 'a', 'aa');
    const again = await story.grantOf();
    story.catalogue.meanwhile = async (call) => {
      if (call !== 'files') return;
      story.catalogue.meanwhile = undefined;
      story.clock.advance(600_001);
      await story.uploads.request(again, pid, 0);
    };
    await assert.rejects(story.finalize(grant), { status: 409 });
    assert.deepEqual([(await story.upload()).state, story.catalogue.jobs.size], ['open', 0]);
    await story.finalize(again);
  });

  it('that cannot be looked at for good opens again: nobody looks at it for ever', async () => {
    const grant = await story.open({ a: 'aa' });
    await story.send(grant, 'a', 'aa');
    story.catalogue.meanwhile = (call) =>
      call === 'files'
        ? Promise.reject(new PermanentError('kernel.unsafe-path', 'a bad path'))
        : Promise.resolve();
    await assert.rejects(story.finalize(grant), { code: 'kernel.unsafe-path' });
    assert.equal((await story.upload()).state, 'open');
  });

  it('whose job is refused keeps the files, says so, and can be asked for again', async () => {
    story.catalogue.jobless.add('g');
    const grant = await story.open({ a: 'aa' });
    await story.send(grant, 'a', 'aa');
    await assert.rejects(story.finalize(grant), { status: 409, message: /refused the archive job/ });
    await story.aborting.abort(grant, pid);
    assert.deepEqual(await story.landed(), ['a']);
    assert.equal(story.catalogue.datasets.get(pid)!.archivable, true);
    story.catalogue.jobless.clear();
    await story.finalize(grant);
    assert.equal(story.catalogue.jobs.size, 1);
    assert.deepEqual(
      (await story.space.holds()).map(({ kind, bytes }) => [kind, bytes]),
      [['landed', 2]],
    );
  });

  it('asked for with another owner group is refused', async () => {
    const grant = await story.open({ a: 'aa' });
    const wanted = { pid, archiveJob: true, ownerGroup: 'others', contactEmail: '' };
    await assert.rejects(story.finalization.finalize(grant, wanted), {
      status: 422,
      message: /found "others"/,
    });
  });
});
