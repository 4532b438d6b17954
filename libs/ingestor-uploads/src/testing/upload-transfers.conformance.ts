import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { sha256Of, type ProtocolAnswer } from './protocol-caller.js';
import { etagOf, file, nameOf, refused, refusedWith500, type UploadScene } from './upload-scene.js';

/** Whole files through their links. */
export function transferConformance(scene: () => UploadScene): void {
  const landed = async (pid: string): Promise<string[]> =>
    (await scene().facility.landed(pid)).map(({ path }) => path);

  describe('a file', () => {
    it('gets a link in base64, and goes through it as the Ingestor sends it', async () => {
      const one = file('a.tif', 3000);
      const pid = await scene().opened([one]);
      const answer = await scene().s3('presignedUrls', {
        ...{ dataset_id: pid, object_name: nameOf(pid, one.path), parts: 1 },
      });
      assert.equal(answer.status, 201, answer.text);
      assert.match(String(answer.headers['content-type']), /^application\/json/);
      const { upload_id, urls } = answer.json as { upload_id: string; urls: string[] };
      assert.deepEqual([upload_id, urls.length], ['', 1]);
      assert.match(urls[0]!, /^[A-Za-z0-9+/]+=*$/);
      const url = Buffer.from(urls[0]!, 'base64').toString();
      assert.ok(url.startsWith(`${scene().facility.baseUrl}/`), url);
      assert.ok(!/[?]/.test(url) || URL.canParse(url));
      const sent = await scene().caller.put(url, one.content);
      assert.equal(sent.status, 200, sent.text);
      assert.match(String(sent.headers.etag), /^"[^"]+"$/);
      assert.deepEqual(await scene().facility.landed(pid), [{ path: one.path, size: 3000 }]);
      assert.ok((await scene().facility.contentOf(pid, one.path)).equals(one.content));
    });

    it('may be empty, may look like JSON, and may have any content type', async () => {
      const files = [
        { path: 'empty', content: Buffer.alloc(0) },
        { path: 'broken.json', content: Buffer.from('{"a": [') },
        { path: 'form', content: Buffer.from('a=1&b[c]=2') },
        { path: 'zipped', content: Buffer.from('not zipped at all') },
      ];
      const pid = await scene().opened(files);
      const types = [
        {},
        { 'content-type': 'application/json' },
        { 'content-type': 'application/x-www-form-urlencoded' },
        { 'content-type': undefined },
      ];
      for (const [index, { path, content }] of files.entries()) {
        const { urls } = await scene().urls(pid, path);
        const sent = await scene().caller.put(urls[0]!, content, types[index]);
        assert.equal(sent.status, 200, sent.text);
        assert.ok((await scene().facility.contentOf(pid, path)).equals(content), path);
      }
    });

    it('is stored only with the bytes that its checksum is of', async () => {
      const one = file('a', 2000);
      const pid = await scene().opened([one]);
      const { urls } = await scene().urls(pid, 'a');
      const put = (content: Buffer, headers: Record<string, string | undefined>): Promise<ProtocolAnswer> =>
        scene().caller.put(urls[0]!, content, headers);
      const flipped = Buffer.from(one.content);
      flipped[1000] = flipped[1000]! ^ 1;
      refusedWithXml(
        await put(flipped, { 'x-amz-checksum-sha256': sha256Of(one.content) }),
        400,
        'BadDigest',
      );
      refusedWithXml(await put(one.content, { 'x-amz-checksum-sha256': undefined }), 400, 'InvalidRequest');
      for (const odd of [
        '',
        'garbage',
        sha256Of(one.content).slice(0, 20),
        Buffer.alloc(31).toString('base64'),
      ])
        assert.equal((await put(one.content, { 'x-amz-checksum-sha256': odd })).status, 400, odd);
      assert.deepEqual(await landed(pid), []);
      refusedWith500(await scene().finalize(pid), /\ba\b/);
      const right = await put(one.content, {});
      assert.equal(right.status, 200, right.text);
      assert.deepEqual(await landed(pid), ['a']);
    });

    it('has the length that the dataset lists', async () => {
      const one = file('a', 2000);
      const pid = await scene().opened([one]);
      const { urls } = await scene().urls(pid, 'a');
      for (const content of [
        one.content.subarray(1),
        Buffer.concat([one.content, Buffer.from('x')]),
        Buffer.alloc(0),
      ]) {
        const { status, text } = await scene().caller.put(urls[0]!, content);
        assert.equal(status, 400, text);
      }
      assert.deepEqual(await landed(pid), []);
    });

    it('that is cut off in its middle is not there', async () => {
      const one = file('a', 500_000);
      const pid = await scene().opened([one]);
      const { urls } = await scene().urls(pid, 'a');
      for (let times = 0; times < 3; times += 1) await scene().caller.tear(urls[0]!, one.content);
      await sleep(200);
      assert.deepEqual(await landed(pid), []);
      const again = await scene().caller.put(urls[0]!, one.content);
      assert.equal(again.status, 200, again.text);
      assert.ok((await scene().facility.contentOf(pid, 'a')).equals(one.content));
    });

    it('may be sent again, through the same link or another', async () => {
      const one = file('a', 700);
      const pid = await scene().opened([one]);
      const { urls: first } = await scene().urls(pid, 'a');
      const { urls: second } = await scene().urls(pid, 'a');
      for (const url of [first[0]!, first[0]!, second[0]!]) {
        const { status, text } = await scene().caller.put(url, one.content);
        assert.equal(status, 200, text);
      }
      await Promise.all([first[0]!, second[0]!].map((url) => scene().caller.put(url, one.content)));
      assert.ok((await scene().facility.contentOf(pid, 'a')).equals(one.content));
      assert.equal((await scene().finalize(pid)).status, 201);
    });

    it('goes through no link that was not given', async () => {
      const one = file('a', 700);
      const pid = await scene().opened([one, file('b', 700)]);
      const { urls } = await scene().urls(pid, 'a');
      const url = urls[0]!;
      const token = url.slice(url.lastIndexOf('/') + 1);
      const changed = `${token[0] === 'A' ? 'B' : 'A'}${token.slice(1)}`;
      for (const odd of [
        changed,
        `${token}x`,
        token.slice(0, -6),
        'garbage',
        '..%2f..%2fx',
        '%00',
        'a.b.c',
      ]) {
        const answer = await scene().caller.put(url.replace(token, odd), one.content);
        refusedWithXml(answer, 403, 'AccessDenied');
      }
      for (const method of ['GET', 'DELETE', 'POST']) {
        const { status } = await scene().caller.send(
          method,
          url,
          method === 'GET' ? undefined : one.content,
          {},
        );
        assert.ok(status >= 400 && status < 500, `${method}: ${status}`);
      }
      assert.deepEqual(await landed(pid), []);
    });

    it('goes through no link of an upload that is over', async () => {
      const one = file('a', 700);
      const pid = await scene().opened([one, { path: 'never', size: 5 }]);
      const { urls } = await scene().urls(pid, 'a');
      assert.equal((await scene().abort(pid)).status, 201);
      refusedWithXml(await scene().caller.put(urls[0]!, one.content), 404, 'NoSuchUpload');
      assert.deepEqual(await landed(pid), []);
      const next = await scene().opened([one]);
      const { urls: more } = await scene().urls(next, 'a');
      assert.equal((await scene().caller.put(more[0]!, one.content)).status, 200);
      assert.equal((await scene().finalize(next)).status, 201);
      const late = { path: 'a', content: Buffer.alloc(700) };
      refusedWithXml(await scene().caller.put(more[0]!, late.content), 404, 'NoSuchUpload');
      assert.ok((await scene().facility.contentOf(next, 'a')).equals(one.content));
      refusedWith500(
        await scene().s3('presignedUrls', { dataset_id: next, object_name: nameOf(next, 'a'), parts: 1 }),
      );
    });

    it('of exactly the size of a chunk is completed without an upload id, as the Ingestor does', async () => {
      const one = file('a', 2000);
      const pid = await scene().opened([one]);
      const { uploadId, urls } = await scene().urls(pid, 'a');
      const digest = sha256Of(one.content);
      const composite = sha256Of(Buffer.from(digest, 'base64'));
      const early = { part_number: 1, etag: 'x', checksum_sha256: digest };
      refused(await scene().complete(pid, 'a', uploadId, [early], composite));
      const sent = await scene().caller.put(urls[0]!, one.content);
      const part = { ...early, etag: etagOf(sent) };
      const wrong = { ...part, checksum_sha256: sha256Of(Buffer.from('x')) };
      refused(await scene().complete(pid, 'a', uploadId, [wrong], composite));
      const done = await scene().complete(pid, 'a', uploadId, [part], composite);
      assert.equal(done.status, 201, done.text);
      assert.equal(done.json?.['key'], nameOf(pid, 'a'));
      assert.equal((await scene().finalize(pid)).status, 201);
    });

    it('that the dataset does not list may come, and is thrown away with the rest', async () => {
      const { facility } = scene();
      const pid = await scene().opened([{ path: 'listed', size: 100 }]);
      await scene().sendWhole(pid, file('more', 50));
      assert.deepEqual(await landed(pid), ['more']);
      assert.equal((await scene().abort(pid)).status, 201);
      assert.deepEqual(await facility.landed(pid), []);
    });
  });
}

/** As S3 answers a PUT. */
export function refusedWithXml(
  { status, text, headers }: ProtocolAnswer,
  expected: number,
  code: string,
): void {
  assert.equal(status, expected, text);
  assert.match(String(headers['content-type']), /xml/);
  assert.match(text, new RegExp(`<Error>.*<Code>${code}</Code>.*<Message>[^<]+</Message>.*</Error>`, 's'));
}
