import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { signCertificate, type SignedCertificate, type SigningKey } from '#certificates';
import { sampleCertificate, sampleDatablock, testKey } from '#certificates/testing';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import type { DatasetQueries } from '../datasets/dataset-queries.js';
import type { Caller } from '../domain/access.js';
import type { Catalogue } from '../persistence/catalogue.js';
import type { CertificateRecord } from '../persistence/records.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import type { CertificateObjects } from './certificate-objects.js';
import { CertificateRecords } from './certificate-records.js';
import { DatasetCertificates } from './dataset-certificates.js';
import { KnownKeys } from './known-keys.js';

const pid = '20.500/1';
const caller = {} as Caller;
const day = (number: number): Date => new Date(Date.UTC(2026, 0, number));

describe('Certificates of a dataset', () => {
  const key = testKey();
  let catalogue: Catalogue;
  let records: CertificateRecords;
  let keys: KnownKeys;
  let kept: Map<string, SignedCertificate>;
  let certificates: DatasetCertificates;

  beforeEach(async () => {
    catalogue = memoryCatalogue();
    [records, keys, kept] = [new CertificateRecords(catalogue), new KnownKeys(catalogue), new Map()];
    const queries = { read: () => Promise.resolve({ pid, datasetlifecycle: { retrievable: true } }) };
    const objects = { read: ({ _id }: CertificateRecord) => Promise.resolve(kept.get(_id)) };
    certificates = new DatasetCertificates(
      queries as unknown as DatasetQueries,
      records,
      objects as unknown as CertificateObjects,
      keys,
      { maxCertificates: 5 } as CatalogApiConfig,
    );
    await keys.add({ kid: key.kid, x: key.x, validFrom: day(1) });
    await catalogue.datablocks.insertOne({ _id: 'b', datasetId: pid, archiveId: 'a' } as never);
  });

  async function issued(at: Date, signer: SigningKey = key): Promise<void> {
    const workOrderId = `j/${at.getTime()}/certify`;
    const issuedAt = at.toISOString();
    const certificate = { ...sampleCertificate(pid, [sampleDatablock('a')]), issuedAt };
    kept.set(workOrderId, signCertificate(certificate, signer));
    const reference = { bucket: 'control', key: workOrderId, size: 1, sha256: 'x' };
    await records.add({ workOrderId, jobId: 'j', kid: signer.kid, certificate, reference });
  }
  const declined = (at: Date): Promise<void> =>
    records.refuse({
      _id: pid,
      code: 'archiver.not-certifiable',
      message: 'found its copy on tape damaged',
      at,
    });
  const states = async (): Promise<string[]> =>
    (await certificates.list(caller, pid)).map(({ state }) => state);

  it('are valid until the archiver declines to issue another one, and the reason is said', async () => {
    await issued(day(2));
    assert.equal((await certificates.current(caller, pid)).certificate.issuedAt, day(2).toISOString());
    assert.deepEqual(await states(), ['valid']);
    await declined(day(3));
    await assert.rejects(certificates.current(caller, pid), /2026-01-03.*copy on tape damaged/);
    const [only] = await certificates.list(caller, pid);
    assert.equal(only?.state, 'declined');
    assert.match(only.reason ?? '', /copy on tape damaged/);
  });

  it('that are newer than what was declined count again, and the older ones are superseded', async () => {
    await issued(day(2));
    await declined(day(3));
    await issued(day(4));
    assert.equal((await certificates.current(caller, pid)).certificate.issuedAt, day(4).toISOString());
    assert.deepEqual(await states(), ['valid', 'superseded']);
    // It comes late: what it says was so before.
    await declined(day(3));
    assert.deepEqual(await states(), ['valid', 'superseded']);
  });

  it('of a key that was revoked count no more, and those of another one do', async () => {
    await issued(day(2));
    const next = testKey();
    await keys.add({ kid: next.kid, x: next.x, validFrom: day(3) });
    const word = { by: 'ada', reason: 'stolen', at: day(4) };
    const revokedAt = day(4).toISOString();
    assert.equal((await keys.revoke(key.kid, word))?.revokedAt, revokedAt);
    assert.equal((await keys.revoke(key.kid, { ...word, at: day(9) }))?.revokedAt, revokedAt);
    assert.equal(await keys.revoke('none', word), undefined);
    assert.deepEqual((await catalogue.certificateKeys.findOne({ _id: key.kid }))?.revoked, word);
    await assert.rejects(certificates.current(caller, pid), /was revoked on 2026-01-04.*A job that verifies/);
    assert.deepEqual(await states(), ['revoked']);
    await issued(day(5), next);
    assert.equal((await certificates.current(caller, pid)).kid, next.kid);
    assert.deepEqual(await states(), ['valid', 'revoked']);
    // Announced again, it stays revoked.
    await keys.add({ kid: key.kid, x: key.x, validFrom: day(1) });
    assert.equal((await keys.all())[1]?.revokedAt, revokedAt);
  });

  it('of other datablocks than the catalogue lists are withdrawn', async () => {
    await issued(day(2));
    await catalogue.datablocks.insertOne({ _id: 'c', datasetId: pid, archiveId: 'more' } as never);
    await assert.rejects(certificates.current(caller, pid), /withdrawn/);
    assert.deepEqual(await states(), ['withdrawn']);
  });
});
