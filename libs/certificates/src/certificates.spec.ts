import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { checkCertificate } from './check.js';
import { certificateIn } from './in-file.js';
import { keyIdOf, publishedKey, signingKeyFrom, type CertificateKey } from './keys.js';
import { signCertificate, type SignedCertificate } from './sign.js';
import { sampleCertificate, sampleDatablock, testKey } from './testing/index.js';

const key = testKey();
const keys = [publishedKey(key.x)];
const certificate = sampleCertificate('20.500/1');
const signed = signCertificate(certificate, key);

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decoded = (text: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
/** Signed as it should be, whatever it says. */
function resigned(header: object, payload: unknown = certificate): SignedCertificate {
  const [head, body] = [encoded(header), encoded(payload)];
  return {
    payload: body,
    protected: head,
    signature: key.sign(Buffer.from(`${head}.${body}`)).toString('base64url'),
  };
}

describe('A certificate', () => {
  it('is valid as it was signed, and says what was certified', () => {
    const checked = checkCertificate(JSON.parse(JSON.stringify(signed)), [
      publishedKey(testKey().x),
      ...keys,
    ]);
    assert.deepEqual(checked, { valid: true, certificate, key: keys[0] });
    assert.deepEqual(decoded(signed.protected), {
      alg: 'EdDSA',
      kid: key.kid,
      typ: 'catena-certificate+jws',
    });
  });

  it('is understood by what knows JOSE, with a key id that follows from the key', async () => {
    const { calculateJwkThumbprint, flattenedVerify, importJWK } = await import('jose');
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.x };
    const { payload } = await flattenedVerify(signed, await importJWK(jwk, 'EdDSA'));
    assert.deepEqual(JSON.parse(Buffer.from(payload).toString()), certificate);
    assert.equal(await calculateJwkThumbprint(jwk), key.kid);
  });

  const header = { alg: 'EdDSA', kid: key.kid, typ: 'catena-certificate+jws' };
  const changed = (more: Partial<typeof certificate>): string => encoded({ ...certificate, ...more });
  const hmacWithPublicKey = (): SignedCertificate => {
    const [head, body] = [encoded({ ...header, alg: 'HS256' }), encoded(certificate)];
    const signature = createHmac('sha256', Buffer.from(key.x, 'base64url'))
      .update(`${head}.${body}`)
      .digest('base64url');
    return { payload: body, protected: head, signature };
  };
  const foreign = testKey();
  const cut = /signature is not that|no signed certificate/;
  it('of a key that was revoked is not valid, and says since when', () => {
    const revokedAt = '2026-05-01T00:00:00.000Z';
    const checked = checkCertificate(signed, [{ ...publishedKey(key.x), revokedAt }]);
    assert.ok(!checked.valid && checked.kid === key.kid);
    assert.match(checked.reason, /was revoked on 2026-05-01/);
  });

  for (const [what, forged, reason] of [
    ['with another dataset', { ...signed, payload: changed({ pid: '20.500/2' }) }, /signature is not that/],
    [
      'with one datablock more',
      { ...signed, payload: changed({ datablocks: [...certificate.datablocks, sampleDatablock('x')] }) },
      /signature is not that/,
    ],
    ['of a key that nobody announced', signCertificate(certificate, foreign), /none of the 1 known ones/],
    [
      'of a foreign key under a known id',
      { ...signCertificate(certificate, foreign), protected: signed.protected },
      /signature is not that/,
    ],
    [
      'without an algorithm',
      { ...resigned({ ...header, alg: 'none' }), signature: 'AA' },
      /algorithm "none"/,
    ],
    ['with an algorithm of its own', resigned({ ...header, alg: 'HS256' }), /algorithm "HS256"/],
    ['signed with the public key as a password', hmacWithPublicKey(), /algorithm "HS256"/],
    ['that is another kind of JWS', resigned({ ...header, typ: 'JWT' }), /says that it is "JWT"/],
    [
      'that brings its key along',
      resigned({ ...header, jwk: { kty: 'OKP', crv: 'Ed25519', x: foreign.x } }),
      /more than Catena writes: jwk/,
    ],
    [
      'with extensions',
      resigned({ ...header, crit: ['b64'], b64: false }),
      /more than Catena writes: crit, b64/,
    ],
    ['without a key id', resigned({ alg: 'EdDSA', typ: header.typ }), /names no key/],
    ['with an unprotected header', { ...signed, header: { kid: key.kid } }, /no signed certificate/],
    ['that is cut off', { ...signed, payload: signed.payload.slice(0, -8) }, cut],
    ['whose signature is cut off', { ...signed, signature: signed.signature.slice(0, -4) }, cut],
    ['whose signature is empty', { ...signed, signature: '' }, /no signed certificate/],
    [
      'with the same bytes written otherwise',
      { ...signed, signature: `${signed.signature}==` },
      /no signed certificate/,
    ],
    ['that says something else', resigned(header, { version: 2 }), /no certificate that this version knows/],
    [
      'whose datablock has no copies',
      resigned(header, sampleCertificate('p', [sampleDatablock('a', { copies: [] })])),
      /no certificate that this version/,
    ],
    ['that is nothing', undefined, /no signed certificate/],
    ['that is text', 'rubbish', /no signed certificate/],
  ] as const)
    it(`${what} is not valid`, () => {
      const checked = checkCertificate(forged, keys);
      assert.equal(checked.valid, false);
      if (!checked.valid) assert.match(checked.reason, reason);
    });

  it('is valid with its last character, and with none of its characters missing', () => {
    for (let length = 0; length < signed.signature.length; length += 1)
      assert.equal(
        checkCertificate({ ...signed, signature: signed.signature.slice(0, length) }, keys).valid,
        false,
      );
    for (let length = 0; length < signed.payload.length; length += 1)
      assert.equal(
        checkCertificate({ ...signed, payload: signed.payload.slice(0, length) }, keys).valid,
        false,
      );
  });

  it('is not valid by a list in which another key has the id', () => {
    const swapped: CertificateKey = { ...publishedKey(foreign.x), kid: key.kid };
    const checked = checkCertificate(resigned(header), [swapped]);
    assert.ok(!checked.valid && /its id does not follow from it/.test(checked.reason));
  });

  it('is found in a page as well as in a file of its own, and nowhere else', () => {
    const text = JSON.stringify(signed);
    const page = `<html><pre>x</pre><pre id="catena-certificate">${text.replaceAll('"', '&quot;')}</pre></html>`;
    for (const file of [text, `${text}\n`, page, page.replaceAll('&quot;', '"')])
      assert.deepEqual(certificateIn(file), signed);
    for (const file of ['', '<html></html>', '<pre id="catena-certificate">x</pre>'])
      assert.equal(certificateIn(file), undefined);
  });
});

describe('A key of certificates', () => {
  it('is the same key whenever it is read', () => {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    assert.equal(signingKeyFrom(pem).kid, signingKeyFrom(`\n${pem}\n`).kid);
    assert.equal(signingKeyFrom(pem).kid, keyIdOf(signingKeyFrom(pem).x));
  });

  const pemOf = (type: 'rsa' | 'x25519'): string =>
    (type === 'rsa'
      ? generateKeyPairSync(type, { modulusLength: 1024 })
      : generateKeyPairSync(type)
    ).privateKey
      .export({ type: 'pkcs8', format: 'pem' })
      .toString();
  for (const [what, pem, found] of [
    ['an RSA key', pemOf('rsa'), /found one of rsa/],
    ['a key for something else', pemOf('x25519'), /found one of x25519/],
    [
      'a public key',
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      /found no such block/,
    ],
    [
      'half a key',
      '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----\n',
      /Expected a private key of Ed25519 in PEM/,
    ],
    ['rubbish', 'rubbish', /found no such block/],
  ] as const)
    it(`is none of ${what}, and the refusal says how to make one`, () => {
      assert.throws(
        () => signingKeyFrom(pem),
        ({ code, message }: Error & { code: string }) =>
          code === 'certificates.key-unusable' &&
          found.test(message) &&
          /openssl genpkey -algorithm ed25519/.test(message),
      );
    });
});
