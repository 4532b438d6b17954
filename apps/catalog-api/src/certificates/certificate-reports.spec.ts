import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { signCertificate, type SignedCertificate } from '#certificates';
import { sampleCertificate, testKey } from '#certificates/testing';
import type { DatasetCertifiedV1, Envelope } from '#contracts';
import type { Outcome } from '#messaging';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import type { Catalogue } from '../persistence/catalogue.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import type { CertificateObjects } from './certificate-objects.js';
import { CertificateRecords } from './certificate-records.js';
import { CertificateReportsConsumer } from './certificate-reports.consumer.js';
import { KnownKeys } from './known-keys.js';

const pid = '20.500/1';

describe('Reports of certificates', () => {
  const [old, next] = [testKey(), testKey()];
  let catalogue: Catalogue;
  let keys: KnownKeys;
  let signed: SignedCertificate;
  let consumer: CertificateReportsConsumer;

  beforeEach(async () => {
    catalogue = memoryCatalogue();
    keys = new KnownKeys(catalogue);
    const objects = { read: () => Promise.resolve(signed), removeOlder: () => Promise.resolve() };
    consumer = new CertificateReportsConsumer(
      new CertificateRecords(catalogue),
      objects as unknown as CertificateObjects,
      keys,
      { maxCertificates: 5 } as CatalogApiConfig,
    );
    await keys.add({ kid: old.kid, x: old.x, validFrom: new Date('2026-01-01T00:00:00Z') });
    await keys.add({ kid: next.kid, x: next.x, validFrom: new Date('2026-06-01T00:00:00Z') });
  });

  async function certified(issuedAt: string, signer = old): Promise<Outcome> {
    signed = signCertificate({ ...sampleCertificate(pid), issuedAt }, signer);
    const certificate = { bucket: 'control', key: issuedAt, size: 1, sha256: 'x' };
    const data = {
      workOrderId: `j/${issuedAt}/certify`,
      jobId: 'j',
      pid,
      kid: signer.kid,
      issuedAt,
      certificate,
    };
    return consumer.certified({ data, time: issuedAt } as unknown as Envelope<DatasetCertifiedV1>);
  }
  const kept = (): Promise<number> => catalogue.certificates.countDocuments({ pid });

  it('are taken of a key that was retired an hour before at most, and not later', async () => {
    assert.deepEqual(await certified('2026-06-01T01:00:00.000Z'), { kind: 'done' });
    const late = await certified('2026-06-01T01:00:00.001Z');
    assert.ok(late.kind === 'dead' && late.code === 'catalog.certificate-invalid', JSON.stringify(late));
    assert.match(late.reason, /was retired on 2026-06-01T00:00:00\.000Z: give all archivers the newest/);
    assert.equal(await kept(), 1);
    assert.deepEqual(await certified('2026-06-01T02:00:00.000Z', next), { kind: 'done' });
  });

  it('are not taken of a key that was revoked', async () => {
    const at = new Date('2026-07-01T00:00:00Z');
    await keys.revoke(next.kid, { by: 'ada', reason: 'stolen', at });
    const outcome = await certified('2026-06-02T00:00:00.000Z', next);
    assert.ok(outcome.kind === 'dead' && /was revoked on 2026-07-01/.test(outcome.reason));
    assert.equal(await kept(), 0);
  });
});
