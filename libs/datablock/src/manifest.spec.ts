import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { manifestToJson, parseManifest, type DatablockManifest } from './manifest.js';

const member = {
  path: 'a/b "c"\n.dat',
  size: 5,
  permissions: 0o600,
  modifiedAt: new Date('2024-05-06T07:08:09.120Z'),
  sha256: 'ab'.repeat(32),
  offset: 2048,
};
const manifest: DatablockManifest = {
  identity: { pid: '20.500/ü', archiveId: 'x' },
  members: [member, { ...member, path: 'b' }],
};
const json = manifestToJson(manifest);

describe('manifestToJson', () => {
  it('is JSON with a line for each member', () => {
    assert.equal(json.split('\n').filter((line) => line.startsWith('{"path"')).length, 2);
    const plain = JSON.parse(json) as Record<string, unknown>;
    assert.deepEqual(plain['identity'], manifest.identity);
  });

  it('does not depend on the order in which the identity was put together', () =>
    assert.equal(manifestToJson({ ...manifest, identity: { archiveId: 'x', pid: '20.500/ü' } }), json));
});

describe('parseManifest', () => {
  it('gives back what was written', () => assert.deepEqual(parseManifest(json), manifest));

  for (const [what, wrong] of Object.entries({
    'no JSON': json.slice(0, -4),
    'no object': '[]',
    'another format': json.replace('datablock-1', 'datablock-2'),
    'another payload folder': json.replace('"data"', '"."'),
    'an identity that is not text': json.replace('"x"', '7'),
    'no members': manifestToJson({ ...manifest, members: [] }),
    'members out of order': manifestToJson({ ...manifest, members: [...manifest.members].reverse() }),
    'a path twice': manifestToJson({ ...manifest, members: [member, member] }),
    'a negative size': json.replace('"size":5', '"size":-5'),
    'a size beyond counting': json.replace('"size":5', '"size":1e300'),
    'a fractional offset': json.replace('"offset":2048', '"offset":0.5'),
    'a set-uid mode': json.replace('"0600"', '"4755"'),
    'a short digest': json.replace('abab', 'ab'),
    'no time': json.replace('2024-05-06T07:08:09.120Z', 'yesterday'),
    'no path': json.replace('"path":"b"', '"path":null'),
  })) {
    it(`refuses ${what}`, () =>
      assert.throws(() => parseManifest(wrong), { code: 'datablock.manifest-invalid', retriable: false }));
  }

  for (const path of ['/etc/passwd', '../x', 'a//b', '']) {
    it(`refuses the path ${JSON.stringify(path)}`, () =>
      assert.throws(() => parseManifest(manifestToJson({ ...manifest, members: [{ ...member, path }] })), {
        code: 'kernel.unsafe-path',
      }));
  }

  it('refuses a lone surrogate, which would come back as another name', () =>
    assert.throws(
      () => parseManifest(manifestToJson({ ...manifest, members: [{ ...member, path: '\ud800' }] })),
      {
        code: 'datablock.unsafe-path',
      },
    ));
});
