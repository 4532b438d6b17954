import type { Certificate } from './certificate.js';
import type { SigningKey } from './keys.js';

/** A certificate as it is kept and handed out: a JWS in flattened JSON (RFC 7515, 7.2.2). */
export interface SignedCertificate {
  readonly payload: string;
  readonly protected: string;
  readonly signature: string;
}

export const certificateType = 'catena-certificate+jws';

export function signCertificate(certificate: Certificate, key: SigningKey): SignedCertificate {
  const header = { alg: 'EdDSA', kid: key.kid, typ: certificateType };
  const [head, payload] = [encoded(header), encoded(certificate)];
  return { payload, protected: head, signature: key.sign(signedBytes(head, payload)).toString('base64url') };
}

export function signedBytes(head: string, payload: string): Buffer {
  return Buffer.from(`${head}.${payload}`, 'ascii');
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
