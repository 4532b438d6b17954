import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProtocolAnswer } from './protocol-caller.js';
import { file, nameOf, refusedWith500, type UploadScene } from './upload-scene.js';

const gibibyte = 2 ** 30;

/** Whose upload it is, and whether there is room for it. */
export function admissionConformance(scene: () => UploadScene): void {
  /** All of the room that is for uploads, in whole GiB. */
  const allOfIt = (): number => Math.floor(scene().facility.space / gibibyte);
  const asked = async (token: string, call: string, body: object): Promise<ProtocolAnswer> =>
    scene().caller.post(`/s3/${call}`, { token, body });

  describe('admission', () => {
    it('is granted with few words, and kept for what the catalogue lists or the client says', async () => {
      const { facility } = scene();
      const listed = await facility.newDataset('uploader', [
        { path: 'folder', size: 4096, perm: 'drwxr-xr-x' },
        { path: 'a', size: 1.5 * gibibyte },
      ]);
      const answer = await scene().request(listed, 1);
      assert.equal(answer.status, 201, answer.text);
      assert.deepEqual(answer.json, { message: 'success' });
      const held = await facility.held(listed);
      // An Ingestor rounds down; a folder, which it lists with bytes, takes none.
      assert.equal(held, 1.5 * gibibyte);
      assert.equal((await scene().request(listed, 3)).status, 201);
      assert.equal(await facility.held(listed), 3 * gibibyte);
      const empty = await facility.newDataset('uploader', []);
      assert.equal((await scene().request(empty, 2)).status, 201);
      assert.equal(await facility.held(empty), 3 * gibibyte);
    });

    it('is refused with 507 while there is no room, and granted when there is', async () => {
      const { facility } = scene();
      const [large, small] = [
        await facility.newDataset('uploader', [{ path: 'a', size: 1 }]),
        await facility.newDataset('uploader', [{ path: 'a', size: 1 }]),
      ];
      const tooMuch = await scene().request(large, allOfIt() + 1);
      isFull(tooMuch, large, allOfIt() + 1);
      assert.equal(await facility.held(large), 0);
      // Some of the room is still taken by what other tests have finalized.
      assert.equal((await scene().request(large, allOfIt() - 1)).status, 201);
      isFull(await scene().request(small, 2), small, 2);
      assert.equal(await facility.held(small), 0);
      assert.equal((await scene().abort(large)).status, 201);
      assert.equal(await facility.held(large), 0);
      assert.equal((await scene().request(small, 2)).status, 201);
    });

    it('keeps no more, once an upload is finalized, than what it has stored', async () => {
      const { facility } = scene();
      const one = file('a', 1000);
      const [large, next] = [
        await facility.newDataset('uploader', [{ path: 'a', size: 1000 }]),
        await facility.newDataset('uploader', [{ path: 'a', size: 1 }]),
      ];
      assert.equal((await scene().request(large, allOfIt() - 1)).status, 201);
      await scene().sendWhole(large, one);
      isFull(await scene().request(next, allOfIt() - 1), next, allOfIt() - 1);
      assert.equal((await scene().finalize(large)).status, 201);
      assert.ok((await facility.held(large)) <= 1000);
      assert.equal((await scene().request(next, allOfIt() - 1)).status, 201);
    });

    it('never gives more than there is, whoever asks at once', async () => {
      const { facility } = scene();
      const eighth = Math.floor(allOfIt() / 8);
      const pids = await Promise.all(
        Array.from({ length: 20 }, () => facility.newDataset('uploader', [{ path: 'a', size: 1 }])),
      );
      const answers = await Promise.all(pids.map((pid) => scene().request(pid, eighth)));
      for (const [index, answer] of answers.entries())
        if (answer.status !== 201) isFull(answer, pids[index]!, eighth);
      const admitted = answers.filter(({ status }) => status === 201).length;
      assert.ok(admitted >= 6 && admitted <= 8, `admitted ${admitted}`);
      const held = await Promise.all(pids.map((pid) => facility.held(pid)));
      assert.equal(
        held.reduce((sum, bytes) => sum + bytes, 0),
        admitted * eighth * gibibyte,
      );
      await scene().tidy();
      assert.deepEqual(
        await Promise.all(pids.map((pid) => facility.held(pid))),
        pids.map(() => 0),
      );
    });

    it('counts a dataset once, however often it is asked for at once', async () => {
      const { facility } = scene();
      const pid = await facility.newDataset('uploader', [{ path: 'a', size: 1 }]);
      const answers = await Promise.all(Array.from({ length: 10 }, () => scene().request(pid, 2)));
      for (const answer of answers) if (answer.status !== 201) refusedWith500(answer);
      assert.ok(answers.some(({ status }) => status === 201));
      assert.equal(await facility.held(pid), 2 * gibibyte);
    });

    it('is for those who may fill the dataset', async () => {
      const { facility } = scene();
      const pid = await facility.newDataset('uploader', [{ path: 'a', size: 1 }]);
      refusedWith500(await scene().request(pid, 0, 'other'));
      assert.equal(await facility.held(pid), 0);
    });

    it('keeps a colleague away while an upload is open, and no longer', async () => {
      const one = file('a');
      const pid = await scene().opened([one]);
      await scene().sendWhole(pid, one);
      refusedWith500(await scene().request(pid, 0, 'colleague'));
      refusedWith500(
        await scene().s3(
          'presignedUrls',
          { dataset_id: pid, object_name: nameOf(pid, 'a'), parts: 1 },
          'colleague',
        ),
      );
      assert.equal((await scene().abort(pid)).status, 201);
      assert.equal((await scene().request(pid, 0, 'colleague')).status, 201);
      refusedWith500(
        await scene().s3('presignedUrls', { dataset_id: pid, object_name: nameOf(pid, 'a'), parts: 1 }),
      );
    });

    it('goes on with the newest grant of the same person, and what came before counts', async () => {
      const { facility, caller } = scene();
      const [first, second] = [file('first'), file('second')];
      const pid = await facility.newDataset(
        'uploader',
        [first, second].map(({ path, content }) => ({ path, size: content.length })),
      );
      const older = String((await scene().newGrant('uploader'))['access_token']);
      assert.equal(
        (await asked(older, 'requestDatasetUpload', { dataset_id: pid, dataset_size_gib: 0 })).status,
        201,
      );
      await scene().sendWhole(pid, first, older);
      const { urls: oldLink } = await scene().urls(pid, 'second', 1, older);
      assert.equal((await scene().request(pid)).status, 201);
      refusedWith500(
        await asked(older, 'presignedUrls', {
          dataset_id: pid,
          object_name: nameOf(pid, 'second'),
          parts: 1,
        }),
      );
      const late = await caller.put(oldLink[0]!, second.content);
      assert.ok([403, 404].includes(late.status), `${late.status} ${late.text}`);
      // An old process that gives up takes nothing from the new one.
      refusedWith500(await asked(older, 'abortDatasetUpload', { dataset_id: pid }));
      assert.equal((await facility.landed(pid)).length, 1);
      await scene().sendWhole(pid, second);
      const answer = await scene().finalize(pid);
      assert.equal(answer.status, 201, answer.text);
    });
  });
}

function isFull(answer: ProtocolAnswer, pid: string, gibibytes: number): void {
  assert.equal(answer.status, 507, answer.text);
  const { message, dataset_id, requested_size_gib } = answer.json ?? {};
  assert.equal(typeof message, 'string', answer.text);
  assert.deepEqual([dataset_id, requested_size_gib], [pid, gibibytes], answer.text);
}
