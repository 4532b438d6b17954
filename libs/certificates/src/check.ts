import { verify } from 'node:crypto';
import { isCertificate, isFields, type Certificate } from './certificate.js';
import { keyIdOf, publicKeyFrom, type CertificateKey } from './keys.js';
import { certificateType, signedBytes, type SignedCertificate } from './sign.js';

export type CheckedCertificate =
  | { readonly valid: true; readonly certificate: Certificate; readonly key: CertificateKey }
  | { readonly valid: false; readonly reason: string; readonly kid?: string };

interface Header {
  readonly kid: string;
}

/**
 * Whether one of these keys has signed this, and what it says. The header decides nothing: it has to be the one that Catena
 * writes, with the one algorithm there is, and the id has to be that of the key.
 */
export function checkCertificate(signed: unknown, keys: readonly CertificateKey[]): CheckedCertificate {
  if (!isSigned(signed))
    return refused(
      'it is no signed certificate: expected "payload", "protected" and "signature" as base64url',
    );
  const header = headerOf(signed);
  if (typeof header === 'string') return refused(header);
  const { kid } = header;
  const key = keys.find((one) => one.kid === kid);
  if (key === undefined)
    return refused(`it is signed with the key ${kid}, which is none of the ${keys.length} known ones`, kid);
  if (keyIdOf(key.x) !== kid)
    return refused(`the key that is listed as ${kid} is another one: its id does not follow from it`, kid);
  if (key.revokedAt !== undefined)
    return refused(
      `it is signed with the key ${kid}, which was revoked on ${key.revokedAt}: nothing that it has signed counts any more`,
      kid,
    );
  if (!isSignedBy(signed, key))
    return refused(`its signature is not that of the key ${kid}: it was changed, or is not whole`, kid);
  const certificate = decoded(signed.payload);
  return isCertificate(certificate)
    ? { valid: true, certificate, key }
    : refused(`what is signed with the key ${kid} is no certificate that this version knows`, kid);
}

function refused(reason: string, kid?: string): CheckedCertificate {
  return { valid: false, reason, ...(kid === undefined ? {} : { kid }) };
}

function isSigned(value: unknown): value is SignedCertificate {
  if (!isFields(value)) return false;
  const names = Object.keys(value).sort().join();
  return names === 'payload,protected,signature' && Object.values(value).every(isBase64url);
}

/** Written in the one way there is: the same bytes are the same text. */
function isBase64url(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value !== '' &&
    Buffer.from(value, 'base64url').toString('base64url') === value
  );
}

/** @returns what is wrong with it, else the header */
function headerOf({ protected: head }: SignedCertificate): Header | string {
  const header = decoded(head);
  if (!isFields(header)) return 'its header cannot be read';
  const { alg, typ, kid, ...others } = header;
  if (alg !== 'EdDSA') return `its header names the algorithm ${JSON.stringify(alg)}, expected "EdDSA"`;
  if (typ !== certificateType)
    return `its header says that it is ${JSON.stringify(typ)}, expected "${certificateType}"`;
  if (typeof kid !== 'string') return 'its header names no key';
  const more = Object.keys(others);
  return more.length === 0 ? { kid } : `its header has more than Catena writes: ${more.join(', ')}`;
}

function isSignedBy(
  { payload, protected: head, signature }: SignedCertificate,
  key: CertificateKey,
): boolean {
  try {
    return verify(
      null,
      signedBytes(head, payload),
      publicKeyFrom(key.x),
      Buffer.from(signature, 'base64url'),
    );
  } catch {
    return false;
  }
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
