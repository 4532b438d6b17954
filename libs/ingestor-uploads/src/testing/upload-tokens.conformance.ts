import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aged, claimsOf, compositeOf, signed, type ProtocolAnswer } from './protocol-caller.js';
import {
  nameOf,
  partsOf,
  refusedWith401,
  refused,
  refusedWith500,
  type UploadScene,
} from './upload-scene.js';

const clientId = 'ingestor';
const publicClient = { authorization: `Basic ${Buffer.from(`${clientId}:`).toString('base64')}` };

/** Who gets in, with which token, and for how long. */
export function tokenConformance(scene: () => UploadScene): void {
  const grantWith = (token?: string, headers = {}): Promise<ProtocolAnswer> =>
    scene().caller.post('/token', { ...(token === undefined ? {} : { token }), headers });
  const refresh = (fields: Record<string, string>, headers = {}): Promise<ProtocolAnswer> =>
    scene().caller.form('/oauth2/token', fields, headers);
  const admits = async (token: string): Promise<boolean> => {
    const pid = await scene().facility.newDataset('uploader', [{ path: 'a', size: 1 }]);
    const body = { dataset_id: pid, dataset_size_gib: 0 };
    const { status, text } = await scene().caller.post('/s3/requestDatasetUpload', { token, body });
    if (status === 401) return false;
    assert.equal(status, 201, text);
    await scene().caller.post('/s3/abortDatasetUpload', { token, body: { dataset_id: pid } });
    return true;
  };

  describe('tokens', () => {
    it('are given for one of the catalogue, with everything that clients read', async () => {
      const answer = await grantWith(await scene().facility.scicatTokenOf('uploader'));
      assert.equal(answer.status, 201, answer.text);
      isTokenAnswer(answer);
      assert.ok(await admits(String(answer.json!['access_token'])));
    });

    it('are refused to those in no group that may upload, and to those whom the catalogue does not know', async () => {
      const known = await scene().facility.scicatTokenOf('uploader');
      refusedWith401(await grantWith(await scene().facility.scicatTokenOf('outsider')));
      refusedWith401(await grantWith());
      refusedWith401(await grantWith('garbage'));
      refusedWith401(await grantWith(`${known.slice(0, -4)}AAAA`));
      refusedWith401(await grantWith(undefined, { authorization: `Basic ${known}` }));
      refusedWith401(await grantWith(signed(claimsOf(known), 'another secret of the same kind')));
      const [, body] = known.split('.');
      const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
      refusedWith401(await grantWith(`${none}.${body}.`));
      refusedWith401(await grantWith(await scene().token()));
    });

    it('are given for one of the provider, and refused for what it made for others or long ago', async () => {
      const { facility } = scene();
      const answer = await grantWith(await facility.oidcTokenOf('uploader'));
      assert.equal(answer.status, 201, answer.text);
      isTokenAnswer(answer);
      assert.ok(await admits(String(answer.json!['access_token'])));
      refusedWith401(await grantWith(await facility.oidcTokenOf('outsider')));
      refusedWith401(await grantWith(await facility.oidcTokenOf('uploader', { aud: 'another-service' })));
      refusedWith401(
        await grantWith(await facility.oidcTokenOf('uploader', { iss: 'https://idp.example.org/other' })),
      );
      refusedWith401(await grantWith(await facility.oidcTokenOf('uploader', { exp: 1_500_000_000 })));
    });

    it('are the only ones that open the upload calls', async () => {
      const { caller } = scene();
      const scicat = await scene().facility.scicatTokenOf('uploader');
      const { refresh_token } = await scene().newGrant('uploader');
      const mine = await scene().token();
      const forged = signed(claimsOf(mine), 'x'.repeat(40));
      for (const call of uploadCalls)
        for (const token of [undefined, 'garbage', scicat, String(refresh_token), forged, `${mine}x`])
          refusedWith401(await caller.post(`/s3/${call}`, { token, body: bodiesOf('20.500/x')[call]! }));
    });

    it('are renewed for a client without a secret, in both ways that clients name themselves', async () => {
      const first = await scene().newGrant('uploader');
      const fields = { grant_type: 'refresh_token', refresh_token: String(first['refresh_token']) };
      for (const [more, headers] of [
        [{}, publicClient],
        [{ client_id: clientId }, {}],
        [{}, {}],
      ] as const) {
        const answer = await refresh({ ...fields, ...more }, headers);
        assert.equal(answer.status, 200, answer.text);
        isTokenAnswer(answer);
        assert.equal(answer.json!['refresh_token'], first['refresh_token']);
        assert.match(String(answer.headers['cache-control']), /no-store/);
        assert.ok(await admits(String(answer.json!['access_token'])));
      }
      assert.ok(await admits(String(first['access_token'])), 'the first one lives on');
    });

    it('are not renewed for anything else', async () => {
      const { access_token, refresh_token } = await scene().newGrant('uploader');
      const token = String(refresh_token);
      const grant_type = 'refresh_token';
      for (const [fields, error] of [
        [{ grant_type, refresh_token: 'garbage' }, 'invalid_grant'],
        [{ grant_type, refresh_token: `${token}x` }, 'invalid_grant'],
        [{ grant_type, refresh_token: String(access_token) }, 'invalid_grant'],
        [{ grant_type }, 'invalid_request'],
        [{ refresh_token: token }, 'invalid_request'],
        [{ grant_type: 'password', username: 'x', password: 'y' }, 'unsupported_grant_type'],
        [{ grant_type: 'client_credentials' }, 'unsupported_grant_type'],
      ] as readonly [Record<string, string>, string][]) {
        const answer = await refresh(fields, publicClient);
        assert.equal(answer.status, 400, answer.text);
        assert.equal(answer.json?.['error'], error, answer.text);
        assert.equal(typeof answer.json?.['error_description'], 'string');
      }
    });

    it('that have expired are told so in the words that the client understands', async () => {
      const { facility, caller } = scene();
      const pid = await scene().opened([{ path: 'a', size: 1 }]);
      const old = aged(await scene().token(), facility.tokenSecret);
      const call = (name: string): Promise<ProtocolAnswer> =>
        caller.post(`/s3/${name}`, { token: old, body: bodiesOf(pid)[name]! });
      refusedWith401(await call('requestDatasetUpload'));
      refusedWith401(await call('finalizeDatasetUpload'));
      // Anything but 201, 422 and 500 would end the client's process.
      refusedWith500(await call('presignedUrls'), /expired/i);
      // And this it would take for a success: so it has to be one.
      refused(await call('completeUpload'));
      const aborted = await call('abortDatasetUpload');
      assert.equal(aborted.status, 201, aborted.text);
      assert.equal(await facility.held(pid), 0);
      const forged = aged(signed({ ...claimsOf(old) }, 'x'.repeat(40)), 'x'.repeat(40));
      for (const name of uploadCalls)
        refusedWith401(await caller.post(`/s3/${name}`, { token: forged, body: bodiesOf(pid)[name]! }));
    });

    it('that expire in the middle of a long file do not keep it from being completed, or given up', async () => {
      const { facility, caller } = scene();
      const contents = partsOf(2);
      const size = contents.reduce((sum, { length }) => sum + length, 0);
      const pid = await scene().opened([
        { path: 'long', size },
        { path: 'given up', size },
      ]);
      const old = aged(await scene().token(), facility.tokenSecret);
      const { uploadId, parts } = await scene().sendParts(pid, 'long', contents);
      const body = {
        ...{ dataset_id: pid, object_name: nameOf(pid, 'long'), upload_id: uploadId },
        ...{ parts, checksum_sha256: compositeOf(contents) },
      };
      const done = await caller.post('/s3/completeUpload', { token: old, body });
      assert.equal(done.status, 201, done.text);
      assert.deepEqual(await facility.landed(pid), [{ path: 'long', size }]);
      const other = await scene().urls(pid, 'given up', 2);
      const dropped = await caller.post('/s3/abortMultipartUpload', {
        token: old,
        body: { dataset_id: '', object_name: nameOf(pid, 'given up'), upload_id: other.uploadId },
      });
      assert.equal(dropped.status, 201, dropped.text);
    });
  });
}

export const uploadCalls = [
  'requestDatasetUpload',
  'presignedUrls',
  'completeUpload',
  'abortMultipartUpload',
  'finalizeDatasetUpload',
  'abortDatasetUpload',
] as const;

/** A well-formed body of each call. */
export function bodiesOf(pid: string): Readonly<Record<string, Record<string, unknown>>> {
  const object_name = nameOf(pid, 'a');
  const checksum_sha256 = Buffer.alloc(32).toString('base64');
  return {
    requestDatasetUpload: { dataset_id: pid, dataset_size_gib: 0 },
    presignedUrls: { dataset_id: pid, object_name, parts: 1 },
    completeUpload: {
      ...{ dataset_id: pid, object_name, upload_id: 'none', checksum_sha256 },
      parts: [{ part_number: 1, etag: 'none', checksum_sha256 }],
    },
    abortMultipartUpload: { dataset_id: pid, object_name, upload_id: 'none' },
    finalizeDatasetUpload: {
      ...{ dataset_id: pid, create_archiving_job: false, owner_group: 'g', owner_user: 'u' },
      contact_email: 'ada@example.org',
    },
    abortDatasetUpload: { dataset_id: pid },
  };
}

function isTokenAnswer({ json, text }: ProtocolAnswer): void {
  assert.ok(json !== undefined, text);
  for (const name of ['access_token', 'refresh_token', 'session_state'])
    assert.ok(typeof json[name] === 'string' && json[name] !== '', `${name}: ${text}`);
  for (const name of ['expires_in', 'refresh_expires_in'])
    assert.ok(Number.isInteger(json[name]) && Number(json[name]) > 0, `${name}: ${text}`);
  assert.deepEqual(
    [json['token_type'], json['not-before-policy'], json['scope']],
    ['Bearer', 0, 'uploads'],
    text,
  );
}
