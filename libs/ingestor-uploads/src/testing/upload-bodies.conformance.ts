import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProtocolAnswer } from './protocol-caller.js';
import { bodiesOf, uploadCalls } from './upload-tokens.conformance.js';
import { refusedWith401, refusedWith422, refusedWith500, type UploadScene } from './upload-scene.js';

const oddValues: readonly unknown[] = [null, {}, [], '1', 1.5, -1, true, 'x'.repeat(5000)];

/** Health, SciCat's door, and bodies that are not what they should be. */
export function bodyConformance(scene: () => UploadScene): void {
  describe('health', () => {
    it('is told without a token', async () => {
      const live = await scene().caller.post('/health/livez', { method: 'GET' });
      isHealth(live, 'healthy');
      // An app that has just started may still look for its services, and says for which.
      for (let tries = 0; ; tries += 1) {
        const ready = await scene().caller.post('/health/readyz', { method: 'GET' });
        if (ready.status !== 503 || tries === 300) return isHealth(ready, 'ready');
        assert.equal(ready.json?.['status'], 'not ready');
        for (const { dependency, endpoint, message } of ready.json['errors'] as Record<string, unknown>[])
          assert.deepEqual(
            [dependency, endpoint, message].map((one) => typeof one),
            Array(3).fill('string'),
          );
        await sleep(200);
      }
    });
  });

  describe("SciCat's door", () => {
    const knock = (body: unknown, authorization?: string, path = '/archiver/jobs'): Promise<ProtocolAnswer> =>
      scene().caller.post(path, { body, headers: authorization === undefined ? {} : { authorization } });
    const basic = (username: string, password: string): string =>
      `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const own = (): string => basic(scene().facility.door.username, scene().facility.door.password);

    it('opens for its own account alone', async () => {
      const { username, password } = scene().facility.door;
      const body = { id: randomUUID(), type: 'archive' };
      for (const authorization of [
        undefined,
        basic(username, `${password}x`),
        basic('x', password),
        basic(username, ''),
        `Bearer ${await scene().token()}`,
        'Basic garbage',
      ])
        refusedWith401(await knock(body, authorization), 'Basic');
    });

    it('takes no other bodies', async () => {
      const id = randomUUID();
      for (const body of [
        {},
        { id },
        { type: 'archive' },
        { id: 7, type: 'archive' },
        { id, type: 7 },
        [],
        '{',
      ])
        refusedWith422(await knock(body, own()));
      refusedWith422(await knock({ id: 'no uuid', type: 'archive' }, own()), 'id');
      refusedWith422(await knock({ id, type: 'publish' }, own()), 'type');
    });

    it('gives a job one run, however often it is posted', async () => {
      const { facility } = scene();
      const pid = await facility.newDataset('uploader', [{ path: 'a', size: 1 }]);
      const upload = await scene().request(pid);
      assert.equal(upload.status, 201, upload.text);
      await scene().sendWhole(pid, { path: 'a', content: Buffer.from('a') });
      const finalized = await scene().finalize(pid);
      assert.equal(finalized.status, 201, finalized.text);
      const id = await facility.newJob('uploader', 'archive', pid);
      const answers = [
        ...(await Promise.all([1, 2, 3].map(() => knock({ id, type: 'archive' }, own())))),
        await knock({ id, type: 'archive' }, own(), '/archiver/jobs/'),
      ];
      for (const { status, text, json } of answers) {
        assert.equal(status, 201, text);
        assert.deepEqual([typeof json?.['uuid'], typeof json?.['name']], ['string', 'string'], text);
      }
      assert.equal(new Set(answers.map(({ json }) => json?.['uuid'])).size, 1);
    });
  });

  describe('bodies', () => {
    for (const call of uploadCalls) {
      it(`of ${call} have all fields, each of its kind`, async () => {
        const good = bodiesOf('20.500.12345/none')[call]!;
        for (const field of Object.keys(good)) {
          const { [field]: proper, ...rest } = good;
          // Clients of earlier versions do not send it.
          if (!(call === 'abortMultipartUpload' && field === 'dataset_id'))
            refusedWith422(await scene().s3(call, rest), field);
          for (const odd of oddValues)
            if (!isProper(odd, proper))
              refusedWith422(await scene().s3(call, { ...rest, [field]: odd }), field);
        }
      });

      it(`of ${call} are JSON objects`, async () => {
        const token = await scene().token();
        for (const body of ['', '{', 'null', '[]', '"text"', '7', '\u0000'])
          refusedWith422(await scene().caller.post(`/s3/${call}`, { token, body }));
        refusedWith422(await scene().caller.post(`/s3/${call}`, { token }));
      });

      it(`of ${call} for a dataset that is not there, or not theirs, are answered with words`, async () => {
        const known = await scene().facility.newDataset('other', [{ path: 'a', size: 1 }]);
        for (const pid of ['20.500.12345/none', known, 'x', '$where', '../..']) {
          const { username, group } = scene().facility.people.uploader;
          const body = {
            ...bodiesOf(pid)[call]!,
            ...(call.startsWith('final') ? { owner_user: username, owner_group: group } : {}),
          };
          const answer = await scene().s3(call, body);
          if (call === 'abortMultipartUpload' || call === 'abortDatasetUpload') {
            // Nothing of theirs is there to be given up: done, or refused, but never anything else.
            if (answer.status !== 201) refusedWith500(answer);
          } else refusedWith500(answer);
        }
        assert.equal(await scene().facility.held(known), 0);
      });
    }

    it('of completeUpload list parts that are parts', async () => {
      const good = bodiesOf('20.500.12345/none')['completeUpload']!;
      const [part] = good['parts'] as Record<string, unknown>[];
      for (const parts of [
        [],
        [null],
        ['x'],
        [{}],
        [{ ...part, part_number: 0 }],
        [{ ...part, part_number: 10_001 }],
        [{ ...part, part_number: '1' }],
        [{ ...part, part_number: 1.5 }],
        [{ ...part, etag: 7 }],
        [{ ...part, checksum_sha256: 7 }],
        Array.from({ length: 10_001 }, (_, index) => ({ ...part, part_number: index + 1 })),
      ])
        refusedWith422(await scene().s3('completeUpload', { ...good, parts }), 'parts');
    });

    it('may have fields that nobody asked for', async () => {
      const pid = await scene().facility.newDataset('uploader', [{ path: 'a', size: 1 }]);
      const body = { dataset_id: pid, dataset_size_gib: 0, more: { deep: [1] } };
      assert.equal((await scene().s3('requestDatasetUpload', body)).status, 201);
      assert.equal((await scene().s3('abortDatasetUpload', { dataset_id: pid, more: 1 })).status, 201);
    });

    it('go to the paths and methods that there are', async () => {
      const token = await scene().token();
      for (const [method, path] of [
        ['GET', '/token'],
        ['GET', '/s3/presignedUrls'],
        ['PUT', '/s3/finalizeDatasetUpload'],
        ['POST', '/s3/nothing'],
        ['POST', '/health/livez'],
      ] as const) {
        const { status, text } = await scene().caller.post(path, { method, token });
        assert.ok(status === 404 || status === 405, `${method} ${path}: ${status} ${text}`);
      }
    });
  });
}

function isHealth({ status, json, text }: ProtocolAnswer, word: string): void {
  assert.equal(status, 200, text);
  assert.equal(json?.['status'], word);
  assert.ok(!Number.isNaN(Date.parse(String(json['timestamp']))), text);
}

/** Whether a value that is odd elsewhere is a good one here. */
function isProper(odd: unknown, proper: unknown): boolean {
  if (typeof proper === 'string') return typeof odd === 'string';
  if (typeof proper === 'boolean') return typeof odd === 'boolean';
  return Array.isArray(proper) && Array.isArray(odd) && odd.length > 0;
}
