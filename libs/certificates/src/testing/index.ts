import { generateKeyPairSync } from 'node:crypto';
import { totalsOf, type Certificate, type CertifiedDatablock } from '../certificate.js';
import { signingKeyFrom, type SigningKey } from '../keys.js';

/** A private key in PEM, another one each time. */
export function testKeyPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function testKey(): SigningKey {
  return signingKeyFrom(testKeyPem());
}

export function sampleDatablock(
  archiveId: string,
  more: Partial<CertifiedDatablock> = {},
): CertifiedDatablock {
  return {
    ...{ archiveId, bytes: 1000, packedSize: 2048, fileCount: 3 },
    ...{ sha256: 'a'.repeat(64), manifestSha256: 'b'.repeat(64) },
    copies: [{ target: 'tape', verifiedAt: '2026-01-01T00:00:00.000Z' }],
    ...more,
  };
}

export function sampleCertificate(
  pid: string,
  datablocks = [sampleDatablock(`${pid}/job/0.tar`)],
): Certificate {
  return {
    ...{ version: 1, issuer: 'The facility', issuedAt: '2026-01-02T00:00:00.000Z', pid },
    ...{ datablocks, totals: totalsOf(datablocks) },
  };
}
