import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compositeOf } from './protocol-caller.js';
import { file, nameOf, partsOf, refusedWith422, refused, total, type UploadScene } from './upload-scene.js';

/** Names that mean a file of the dataset, and names that do not. */
export function nameConformance(scene: () => UploadScene): void {
  describe('names', () => {
    it('that are odd are kept as they are', async () => {
      const files = [
        'a folder/ünï côdé 名前 😀.txt',
        'a+b c&d=e?f#g%20h',
        '%2e%2e/%2Fetc',
        '-rf',
        '...',
        '.hidden/..x',
        `deep/${'x/'.repeat(30)}end`,
        'manifest.json',
        'raw_files/openem-network/datasets/x',
        '<&>"\'',
        `${'n'.repeat(250)}.tif`,
      ].map((path) => file(path));
      const pid = await scene().opened(files);
      for (const one of files) await scene().sendWhole(pid, one);
      assert.deepEqual(
        [...(await scene().facility.landed(pid))].sort(byPath),
        files.map(({ path, content }) => ({ path, size: content.length })).sort(byPath),
      );
      for (const { path, content } of files)
        assert.ok((await scene().facility.contentOf(pid, path)).equals(content), path);
      const answer = await scene().finalize(pid);
      assert.equal(answer.status, 201, answer.text);
    });

    it('that lead out of the dataset are refused by every call, and nothing is stored', async () => {
      const { facility } = scene();
      const neighbour = await facility.newDataset('uploader', [{ path: 'a', size: 1 }]);
      const pid = await scene().opened([{ path: 'a', size: 1 }]);
      for (const object_name of [
        nameOf(neighbour, 'a'),
        nameOf(`${pid}x`, 'a'),
        nameOf(pid.toUpperCase(), 'a'),
        nameOf(pid, ''),
        nameOf(pid, '..'),
        nameOf(pid, '../a'),
        nameOf(pid, 'x/../../a'),
        nameOf(pid, `../../${neighbour}/raw_files/a`),
        nameOf(pid, '/etc/passwd'),
        nameOf(pid, 'x//a'),
        nameOf(pid, './a'),
        nameOf(pid, 'x/./a'),
        nameOf(pid, 'x/'),
        nameOf(pid, 'a\u0000b'),
        nameOf(pid, 'n'.repeat(300)),
        nameOf(pid, 'x/'.repeat(2100) + 'a'),
        `openem-network/datasets/${pid}`,
        `openem-network/datasets/${pid}/a`,
        `/${nameOf(pid, 'a')}`,
        'a',
        '',
        `${pid}/a`,
      ]) {
        for (const parts of [1, 3])
          refusedWith422(await scene().s3('presignedUrls', { dataset_id: pid, object_name, parts }));
        const checksum_sha256 = Buffer.alloc(32).toString('base64');
        const parts = [{ part_number: 1, etag: 'x', checksum_sha256 }];
        const { status } = await scene().s3('completeUpload', {
          ...{ dataset_id: pid, object_name, upload_id: 'x', parts, checksum_sha256 },
        });
        assert.ok(status === 422 || status === 500, `${object_name}: ${status}`);
      }
      for (const one of [pid, neighbour]) {
        assert.deepEqual(await facility.landed(one), []);
        assert.equal(await facility.unfinished(one), 0);
      }
    });

    it('with a backslash are names, and no way out', async () => {
      const files = [file('..\\..\\x'), file('a\\b')];
      const pid = await scene().opened(files);
      for (const one of files) await scene().sendWhole(pid, one);
      assert.deepEqual(
        (await scene().facility.landed(pid)).map(({ path }) => path).sort(),
        files.map(({ path }) => path).sort(),
      );
    });

    it('of one dataset do not serve the upload of another, whatever id a call names', async () => {
      const contents = partsOf(2);
      const size = total(contents);
      const [one, two] = [
        await scene().opened([{ path: 'long', size }]),
        await scene().opened([{ path: 'long', size }]),
      ];
      const { uploadId, parts } = await scene().sendParts(one, 'long', contents);
      refused(await scene().complete(two, 'long', uploadId, parts, compositeOf(contents)));
      const mixed = await scene().s3('completeUpload', {
        ...{ dataset_id: two, object_name: nameOf(one, 'long'), upload_id: uploadId },
        ...{ parts, checksum_sha256: compositeOf(contents) },
      });
      assert.ok(mixed.status === 422 || mixed.status === 500, mixed.text);
      const aborted = await scene().s3('abortMultipartUpload', {
        ...{ dataset_id: two, object_name: nameOf(one, 'long'), upload_id: uploadId },
      });
      assert.ok(aborted.status === 422 || aborted.status === 500, aborted.text);
      const right = await scene().complete(one, 'long', uploadId, parts, compositeOf(contents));
      assert.equal(right.status, 201, right.text);
      assert.deepEqual(await scene().facility.landed(two), []);
    });
  });
}

function byPath(one: { path: string }, other: { path: string }): number {
  return one.path < other.path ? -1 : 1;
}
