import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { messageOf, PermanentError } from '#kernel';

/** A public key as `GET /api/v4/certificates/keys` answers it: a JWK, and since when it is known. */
export interface CertificateKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  /** The key itself, base64url. */
  readonly x: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
  /** ISO 8601. */
  readonly validFrom?: string;
  /** When another key took its place; what it has signed stays valid. */
  readonly retiredAt?: string;
  /** When an operator has said that it is in foreign hands: nothing that it has signed counts any more. */
  readonly revokedAt?: string;
}

/** A private key, and the id of its public one. */
export interface SigningKey {
  readonly kid: string;
  /** The public key, base64url. */
  readonly x: string;
  sign(bytes: Buffer): Buffer;
}

/** The id of a public key: its thumbprint of RFC 7638, so that nobody chooses it. */
export function keyIdOf(x: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');
}

/** A public key with its id as it is published. */
export function publishedKey(x: string): CertificateKey {
  return { kty: 'OKP', crv: 'Ed25519', x, kid: keyIdOf(x), use: 'sig', alg: 'EdDSA' };
}

/** @throws Error when this is no public key of Ed25519 */
export function publicKeyFrom(x: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

const howToMake = 'Make one with `openssl genpkey -algorithm ed25519`.';

/**
 * @param pem PKCS#8
 * @throws PermanentError `certificates.key-unusable`, which shows nothing of the key
 */
export function signingKeyFrom(pem: string): SigningKey {
  const key = privateKeyFrom(pem);
  if (key.asymmetricKeyType !== 'ed25519')
    throw new PermanentError(
      'certificates.key-unusable',
      `Expected a private key of Ed25519, found one of ${key.asymmetricKeyType ?? 'another kind'}. ${howToMake}`,
    );
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return { kid: keyIdOf(x), x, sign: (bytes) => sign(null, bytes, key) };
}

function privateKeyFrom(pem: string): KeyObject {
  const problem = !pem.includes('-----BEGIN PRIVATE KEY-----') ? 'no such block' : undefined;
  try {
    if (problem === undefined) return createPrivateKey({ key: pem, format: 'pem' });
  } catch (error) {
    throw unreadable(messageOf(error));
  }
  throw unreadable(problem);
}

function unreadable(found: string): PermanentError {
  return new PermanentError(
    'certificates.key-unusable',
    `Expected a private key of Ed25519 in PEM (PKCS#8, "-----BEGIN PRIVATE KEY-----"), found ${found}. ${howToMake}`,
  );
}
