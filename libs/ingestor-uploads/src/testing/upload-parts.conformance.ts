import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { compositeOf, sha256Of } from './protocol-caller.js';
import {
  file,
  nameOf,
  partSize,
  partsOf,
  refusedWith422,
  refused,
  refusedWith500,
  total,
  type UploadScene,
} from './upload-scene.js';
import { refusedWithXml } from './upload-transfers.conformance.js';

/** Files in parts. */
export function partConformance(scene: () => UploadScene): void {
  const openedWith = async (contents: readonly Buffer[], path = 'long'): Promise<string> =>
    scene().opened([{ path, size: total(contents) }]);

  describe('a file in parts', () => {
    for (const suffix of ['', '-3'])
      it(`is put together with a composite checksum ${suffix === '' ? 'as the Ingestor sends it' : 'that says of how many parts'}`, async () => {
        const contents = partsOf(3);
        const pid = await openedWith(contents);
        const { uploadId, parts } = await scene().sendParts(pid, 'long', contents);
        assert.notEqual(uploadId, '');
        assert.deepEqual(await scene().facility.landed(pid), []);
        const composite = `${compositeOf(contents)}${suffix}`;
        const answers = [
          await scene().complete(pid, 'long', uploadId, parts, composite),
          // A client that has lost the answer asks again.
          await scene().complete(pid, 'long', uploadId, parts, composite),
        ];
        for (const answer of answers) {
          assert.equal(answer.status, 201, answer.text);
          assert.equal(answer.json?.['key'], nameOf(pid, 'long'));
          assert.equal(typeof answer.json['location'], 'string');
        }
        assert.deepEqual(answers[1]!.json, answers[0]!.json);
        assert.ok((await scene().facility.contentOf(pid, 'long')).equals(Buffer.concat(contents)));
        assert.equal(await scene().facility.unfinished(pid), 0);
        assert.equal((await scene().finalize(pid)).status, 201);
      });

    it('is put together of parts that came in any order, and again', async () => {
      const contents = partsOf(3);
      const pid = await openedWith(contents);
      const { uploadId, urls } = await scene().urls(pid, 'long', 3);
      const other = randomBytes(partSize);
      const last = await scene().sendPart(urls[2]!, contents[2]!, 3);
      await scene().sendPart(urls[0]!, other, 1);
      const middle = await scene().sendPart(urls[1]!, contents[1]!, 2);
      const first = await scene().sendPart(urls[0]!, contents[0]!, 1);
      const unordered = await scene().complete(
        pid,
        'long',
        uploadId,
        [last, first, middle],
        compositeOf(contents),
      );
      // Stores want them in order; one that sorts them does no harm.
      if (unordered.status !== 201) {
        refused(unordered);
        const ordered = await scene().complete(
          pid,
          'long',
          uploadId,
          [first, middle, last],
          compositeOf(contents),
        );
        assert.equal(ordered.status, 201, ordered.text);
      }
      assert.ok((await scene().facility.contentOf(pid, 'long')).equals(Buffer.concat(contents)));
    });

    it('is not put together of anything but what arrived, and still can be afterwards', async () => {
      const contents = partsOf(3);
      const pid = await openedWith(contents);
      const { uploadId, parts } = await scene().sendParts(pid, 'long', contents);
      const [one, two, three] = parts as [(typeof parts)[0], (typeof parts)[0], (typeof parts)[0]];
      const composite = compositeOf(contents);
      const swapped = [
        { ...one, checksum_sha256: two.checksum_sha256 },
        { ...two, checksum_sha256: one.checksum_sha256 },
        three,
      ];
      for (const [why, list, sum, id] of [
        ['swapped digests', swapped, composite, uploadId],
        [
          'swapped digests and their composite',
          swapped,
          compositeOf([contents[1]!, contents[0]!, contents[2]!]),
          uploadId,
        ],
        [
          'swapped contents',
          [{ ...two, part_number: 1 }, { ...one, part_number: 2 }, three],
          composite,
          uploadId,
        ],
        ['a part missing at the end', [one, two], compositeOf(contents.slice(0, 2)), uploadId],
        ['a part missing at the beginning', [two, three], compositeOf(contents.slice(1)), uploadId],
        ['a gap', [one, three], compositeOf([contents[0]!, contents[2]!]), uploadId],
        ['a part twice', [one, one, two, three], composite, uploadId],
        ['a part too many', [...parts, { ...three, part_number: 4 }], composite, uploadId],
        ['another etag', [{ ...one, etag: two.etag }, two, three], composite, uploadId],
        [
          'another digest',
          [{ ...one, checksum_sha256: sha256Of(Buffer.from('x')) }, two, three],
          composite,
          uploadId,
        ],
        ['another composite', parts, sha256Of(Buffer.from('x')), uploadId],
        ['a composite of other many', parts, `${composite}-4`, uploadId],
        ['another upload', parts, composite, 'garbage'],
        ['no upload', parts, composite, ''],
      ] as const) {
        const answer = await scene().complete(pid, 'long', id, list, sum);
        // The client takes anything else for a success.
        assert.notEqual(answer.status, 201, why);
        refused(answer);
        assert.deepEqual(await scene().facility.landed(pid), [], why);
      }
      const right = await scene().complete(pid, 'long', uploadId, parts, composite);
      assert.equal(right.status, 201, right.text);
      assert.ok((await scene().facility.contentOf(pid, 'long')).equals(Buffer.concat(contents)));
    });

    it('is not put together while a part has not arrived', async () => {
      const contents = partsOf(2);
      const pid = await openedWith(contents);
      const { uploadId, urls } = await scene().urls(pid, 'long', 2);
      const first = await scene().sendPart(urls[0]!, contents[0]!, 1);
      const claimed = { ...first, part_number: 2, checksum_sha256: sha256Of(contents[1]!) };
      refused(
        await scene().complete(pid, 'long', uploadId, [first, claimed], compositeOf(contents)),
        /\b2\b/,
      );
      refusedWith500(await scene().finalize(pid), /long/);
      const { caller } = scene();
      refusedWithXml(
        await caller.put(urls[1]!, contents[1]!, { 'x-amz-checksum-sha256': first.checksum_sha256 }),
        400,
        'BadDigest',
      );
      refusedWithXml(
        await caller.put(urls[1]!, contents[1]!, { 'x-amz-checksum-sha256': undefined }),
        400,
        'InvalidRequest',
      );
      await caller.tear(urls[1]!, contents[1]!);
      refused(await scene().complete(pid, 'long', uploadId, [first, claimed], compositeOf(contents)));
      const second = await scene().sendPart(urls[1]!, contents[1]!, 2);
      const right = await scene().complete(pid, 'long', uploadId, [first, second], compositeOf(contents));
      assert.equal(right.status, 201, right.text);
    });

    it('has the size that the dataset lists', async () => {
      const contents = partsOf(2);
      const pid = await scene().opened([{ path: 'long', size: total(contents) + 1 }]);
      const { uploadId, parts } = await scene().sendParts(pid, 'long', contents);
      refused(await scene().complete(pid, 'long', uploadId, parts, compositeOf(contents)), /\d/);
      assert.deepEqual(await scene().facility.landed(pid), []);
    });

    it('may have ten thousand, and no more', async () => {
      const pid = await scene().opened([{ path: 'huge', size: 10_000 * partSize }]);
      const { uploadId, urls } = await scene().urls(pid, 'huge', 10_000);
      assert.equal(new Set(urls).size, 10_000);
      const sent = [
        await scene().sendPart(urls[0]!, randomBytes(10), 1),
        await scene().sendPart(urls[9999]!, randomBytes(10), 10_000),
      ];
      const list = Array.from({ length: 10_000 }, (_, index) => ({ ...sent[0]!, part_number: index + 1 }));
      refused(await scene().complete(pid, 'huge', uploadId, list, sha256Of(Buffer.from('x'))), /part 2 of/);
      refusedWith422(
        await scene().s3('presignedUrls', {
          dataset_id: pid,
          object_name: nameOf(pid, 'huge'),
          parts: 10_001,
        }),
        'parts',
      );
      assert.equal((await scene().abort(pid)).status, 201);
      assert.equal(await scene().facility.unfinished(pid), 0);
    });

    it('is given up without the id of its dataset, once and again', async () => {
      const contents = partsOf(2);
      const pid = await openedWith(contents);
      const { uploadId, urls, parts } = await scene().sendParts(pid, 'long', contents);
      const object_name = nameOf(pid, 'long');
      for (const dataset_id of ['', pid, '']) {
        const answer = await scene().s3('abortMultipartUpload', {
          dataset_id,
          object_name,
          upload_id: uploadId,
        });
        assert.equal(answer.status, 201, answer.text);
        const { message, ...named } = answer.json!;
        assert.equal(typeof message, 'string');
        assert.deepEqual(named, { upload_id: uploadId, object_name });
      }
      assert.equal(await scene().facility.unfinished(pid), 0);
      refusedWithXml(await scene().caller.put(urls[0]!, contents[0]!), 404, 'NoSuchUpload');
      refused(await scene().complete(pid, 'long', uploadId, parts, compositeOf(contents)));
      // The dataset's upload goes on.
      await scene().sendInParts(pid, 'long', contents);
      assert.equal((await scene().finalize(pid)).status, 201);
    });

    it('that is complete is not undone by giving its parts up', async () => {
      const contents = partsOf(2);
      const pid = await openedWith(contents);
      const { uploadId, parts } = await scene().sendParts(pid, 'long', contents);
      assert.equal((await scene().complete(pid, 'long', uploadId, parts, compositeOf(contents))).status, 201);
      await scene().s3('abortMultipartUpload', {
        dataset_id: '',
        object_name: nameOf(pid, 'long'),
        upload_id: uploadId,
      });
      assert.ok((await scene().facility.contentOf(pid, 'long')).equals(Buffer.concat(contents)));
      assert.equal((await scene().finalize(pid)).status, 201);
    });

    it('may be begun anew, and whole, and the last word counts', async () => {
      const contents = partsOf(2);
      const pid = await openedWith(contents);
      await scene().sendParts(pid, 'long', contents);
      const content = Buffer.concat(contents);
      await scene().sendWhole(pid, { path: 'long', content });
      await scene().sendInParts(pid, 'long', contents);
      assert.ok((await scene().facility.contentOf(pid, 'long')).equals(content));
      const answer = await scene().finalize(pid);
      assert.equal(answer.status, 201, answer.text);
      assert.equal(await scene().facility.unfinished(pid), 0, 'and nothing of the others stays');
    });

    it('is sent beside many others', async () => {
      const contents = partsOf(2);
      const files = Array.from({ length: 30 }, (_, index) => file(`f${index}`, 500 + index));
      const pid = await scene().opened([{ path: 'long', size: total(contents) }, ...files]);
      await Promise.all([
        scene().sendInParts(pid, 'long', contents),
        ...files.map((one) => scene().sendWhole(pid, one)),
      ]);
      assert.equal((await scene().facility.landed(pid)).length, 31);
      assert.equal((await scene().finalize(pid)).status, 201);
    });
  });
}
