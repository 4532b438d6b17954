import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { file, nameOf, partsOf, refused, refusedWith500, total, type UploadScene } from './upload-scene.js';

/** Finalizing and giving up. */
export function endConformance(scene: () => UploadScene): void {
  describe('finalizing', () => {
    it('makes the dataset archivable, and changes nothing else of its lifecycle', async () => {
      const one = file('a');
      const pid = await scene().opened([{ path: 'sub', size: 4096, perm: 'drwxr-xr-x' }, one]);
      const before = await scene().facility.lifecycleOf(pid);
      assert.equal(before['archivable'], false);
      await scene().sendWhole(pid, one);
      for (let times = 0; times < 2; times += 1) {
        const answer = await scene().finalize(pid);
        assert.equal(answer.status, 201, answer.text);
        assert.deepEqual(answer.json, { dataset_id: pid, message: 'Dataset upload finalized' });
      }
      const after = await scene().facility.lifecycleOf(pid);
      assert.deepEqual(withoutTimes(after), {
        ...withoutTimes(before),
        archivable: true,
        archiveStatusMessage: 'datasetCreated',
      });
      assert.deepEqual(await scene().facility.jobsOf(pid), []);
    });

    it('posts one archive job as the uploader when it is asked to, however often', async () => {
      const one = file('a');
      const pid = await scene().opened([one]);
      await scene().sendWhole(pid, one);
      const wish = { create_archiving_job: true, contact_email: 'somebody.else@example.org' };
      const answers = await Promise.all([1, 2, 3].map(() => scene().finalize(pid, wish)));
      answers.push(await scene().finalize(pid, wish));
      assert.ok(
        answers.some(({ status }) => status === 201),
        answers.map(({ text }) => text).join(),
      );
      for (const answer of answers) if (answer.status !== 201) refusedWith500(answer);
      assert.equal(answers.at(-1)!.status, 201, answers.at(-1)!.text);
      const [job, ...more] = await scene().facility.jobsOf(pid);
      assert.deepEqual(more, []);
      const { username, group } = scene().facility.people.uploader;
      assert.deepEqual(
        [job?.['type'], job?.['ownerUser'], job?.['ownerGroup'], job?.['contactEmail']],
        ['archive', username, group, wish.contact_email],
      );
    });

    it('names the files that are missing, and leaves the upload open', async () => {
      const files = [file('here/a'), file('gone/b'), file('gone/c')];
      const pid = await scene().opened([...files, { path: 'gone', size: 0, perm: 'drwxr-xr-x' }]);
      await scene().sendWhole(pid, files[0]!);
      const refused = await scene().finalize(pid, { create_archiving_job: true });
      refusedWith500(refused);
      assert.equal(refused.json!['dataset_pid'], pid);
      const details = String(refused.json!['details']);
      assert.match(details, /gone\/b/);
      assert.match(details, /gone\/c/);
      assert.doesNotMatch(details, /here\/a/);
      assert.equal((await scene().facility.lifecycleOf(pid))['archivable'], false);
      assert.deepEqual(await scene().facility.jobsOf(pid), []);
      for (const one of files.slice(1)) await scene().sendWhole(pid, one);
      const answer = await scene().finalize(pid);
      assert.equal(answer.status, 201, answer.text);
    });

    it('looks at files that were listed only after they came', async () => {
      const { facility } = scene();
      const pid = await scene().opened([file('never mind', 0)]);
      await scene().sendWhole(pid, file('never mind', 0));
      await scene().sendWhole(pid, file('late', 100));
      await facility.addFiles('uploader', pid, [{ path: 'late', size: 101 }]);
      refusedWith500(await scene().finalize(pid), /late/);
      assert.equal((await facility.lifecycleOf(pid))['archivable'], false);
    });

    it('does not take a file for whole while an upload of it is under way', async () => {
      const contents = partsOf(2);
      const [one, path] = [file('a'), 'long'];
      const pid = await scene().opened([one, { path, size: total(contents) }]);
      await scene().sendWhole(pid, one);
      const { uploadId } = await scene().sendParts(pid, path, contents);
      refusedWith500(await scene().finalize(pid), /long/);
      const dropped = await scene().s3('abortMultipartUpload', {
        ...{ dataset_id: '', object_name: nameOf(pid, path), upload_id: uploadId },
      });
      assert.equal(dropped.status, 201, dropped.text);
      refusedWith500(await scene().finalize(pid), /long/);
      await scene().sendInParts(pid, path, contents);
      assert.equal((await scene().finalize(pid)).status, 201);
    });

    it('is for the uploader and the owner group that the catalogue has, whatever else it is told', async () => {
      const one = file('a');
      const pid = await scene().opened([one]);
      await scene().sendWhole(pid, one);
      const { people } = scene().facility;
      for (const owner_group of [people.other.group, '', 'admin'])
        refused(await scene().finalize(pid, { owner_group }));
      refusedWith500(await scene().finalize(pid, {}, 'other'));
      refusedWith500(await scene().finalize(pid, {}, 'colleague'));
      assert.equal((await scene().facility.lifecycleOf(pid))['archivable'], false);
      for (const owner_user of [people.other.username, people.colleague.username, 'admin', '']) {
        const answer = await scene().finalize(pid, { owner_user, create_archiving_job: true });
        if (answer.status !== 201) refused(answer);
      }
      const answer = await scene().finalize(pid, { create_archiving_job: true });
      assert.equal(answer.status, 201, answer.text);
      const jobs = await scene().facility.jobsOf(pid);
      assert.deepEqual(
        jobs.map(({ ownerUser }) => ownerUser),
        [people.uploader.username],
      );
    });

    it('needs an upload', async () => {
      const pid = await scene().facility.newDataset(
        'uploader',
        [file('a')].map(({ path }) => ({ path, size: 1 })),
      );
      refusedWith500(await scene().finalize(pid));
      assert.equal((await scene().facility.lifecycleOf(pid))['archivable'], false);
    });
  });

  describe('giving up', () => {
    it('removes exactly what the upload stored', async () => {
      const { facility } = scene();
      const contents = partsOf(2);
      const [mine, neighbours] = [file('mine/a'), file('mine/a')];
      const pid = await scene().opened([
        mine,
        { path: 'long', size: total(contents) },
        { path: 'beside', size: 3 },
      ]);
      const neighbour = await scene().opened([neighbours]);
      await facility.putBeside(pid, 'beside', Buffer.from('abc'));
      await scene().sendWhole(pid, mine);
      await scene().sendWhole(neighbour, neighbours);
      await scene().sendInParts(pid, 'long', contents);
      await scene().sendParts(pid, 'long', contents);
      for (let times = 0; times < 2; times += 1) {
        const answer = await scene().abort(pid);
        assert.equal(answer.status, 201, answer.text);
        assert.equal(answer.json?.['dataset_id'], pid);
        assert.equal(typeof answer.json['message'], 'string');
      }
      assert.deepEqual(await facility.landed(pid), [{ path: 'beside', size: 3 }]);
      assert.equal(await facility.unfinished(pid), 0);
      assert.equal((await facility.landed(neighbour)).length, 1);
      assert.equal((await facility.lifecycleOf(pid))['archivable'], false);
    });

    it('lets the dataset be uploaded again', async () => {
      const one = file('a');
      const pid = await scene().opened([one]);
      await scene().sendWhole(pid, one);
      assert.equal((await scene().abort(pid)).status, 201);
      refusedWith500(
        await scene().s3('presignedUrls', { dataset_id: pid, object_name: nameOf(pid, 'a'), parts: 1 }),
      );
      assert.equal((await scene().request(pid)).status, 201);
      refusedWith500(await scene().finalize(pid), /\ba\b/);
      await scene().sendWhole(pid, one);
      assert.equal((await scene().finalize(pid)).status, 201);
    });

    it('takes nothing back of an upload that was finalized', async () => {
      const one = file('a');
      const pid = await scene().opened([one]);
      await scene().sendWhole(pid, one);
      assert.equal((await scene().finalize(pid)).status, 201);
      await scene().abort(pid);
      assert.equal((await scene().facility.landed(pid)).length, 1);
      assert.equal((await scene().facility.lifecycleOf(pid))['archivable'], true);
    });

    it("is no one else's to do", async () => {
      const one = file('a');
      const pid = await scene().opened([one]);
      await scene().sendWhole(pid, one);
      for (const person of ['other', 'colleague'] as const) refusedWith500(await scene().abort(pid, person));
      assert.equal((await scene().facility.landed(pid)).length, 1);
      assert.equal((await scene().finalize(pid)).status, 201);
    });
  });
}

function withoutTimes(lifecycle: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(lifecycle).filter(([name]) => !/At$|Time$|^_?id$/.test(name)));
}
