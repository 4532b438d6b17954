import { Inject, Injectable } from '@nestjs/common';
import {
  checkCertificate,
  type Certificate,
  type CertificateKey,
  type SignedCertificate,
} from '#certificates';
import { CatenaError } from '#kernel';
import type { CertificateSummary } from '../answers/certificates.js';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import type { Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import type { CertificateRecord, DatasetRecord } from '../persistence/records.js';
import { CertificateObjects } from './certificate-objects.js';
import { CertificateRecords } from './certificate-records.js';
import { KnownKeys } from './known-keys.js';

export interface ShownCertificate {
  readonly signed: SignedCertificate;
  readonly certificate: Certificate;
  readonly kid: string;
}

const missing = 'Dataset not found';

/**
 * Certificates for who may read their dataset: the newest one, as long as it says of what the catalogue lists, and the archiver has
 * not declined to issue another one since.
 */
@Injectable()
export class DatasetCertificates {
  constructor(
    private readonly datasets: DatasetQueries,
    private readonly records: CertificateRecords,
    private readonly objects: CertificateObjects,
    private readonly keys: KnownKeys,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /** @throws Refusal 404 with the reason */
  async current(caller: Caller, pid: string): Promise<ShownCertificate> {
    const dataset = await this.admit(caller, pid);
    const [newest] = await this.records.ofDataset(pid, 1);
    if (newest === undefined) throw new Refusal(404, await this.reasonOfNone(dataset));
    const refused = await this.refusedSince(pid, newest.issuedAt);
    if (refused !== undefined) throw new Refusal(404, refused);
    if (!(await this.records.isCurrent(newest))) throw new Refusal(404, withdrawn(newest));
    const signed = await this.read(newest);
    const checked = checkCertificate(signed, await this.keys.all());
    if (!checked.valid)
      throw new Refusal(404, `The certificate of ${pid} cannot be shown: ${checked.reason}. ${again}`);
    return { signed: signed as SignedCertificate, certificate: checked.certificate, kid: checked.key.kid };
  }

  /** The newest first. */
  async list(caller: Caller, pid: string): Promise<CertificateSummary[]> {
    await this.admit(caller, pid);
    const records = await this.records.ofDataset(pid, this.config.maxCertificates);
    const newest = records[0] === undefined ? undefined : await this.stateOf(records[0]);
    const revoked = new Set((await this.keys.all()).filter(isRevoked).map(({ kid }) => kid));
    return records.map(({ kid, issuedAt, jobId, datablocks }, index) => {
      const next = records[index - 1];
      return {
        ...{ kid, issuedAt, jobId, datablocks },
        ...(next === undefined ? newest! : { state: 'superseded', supersededBy: next.issuedAt }),
        ...(revoked.has(kid) ? { state: 'revoked' } : {}),
      };
    });
  }

  /** Of the newest one: the newest word counts, and another one than its own may be newer. */
  private async stateOf(newest: CertificateRecord): Promise<Pick<CertificateSummary, 'state' | 'reason'>> {
    const reason = await this.refusedSince(newest.pid, newest.issuedAt);
    if (reason !== undefined) return { state: 'declined', reason };
    return { state: (await this.records.isCurrent(newest)) ? 'valid' : 'withdrawn' };
  }

  private admit(caller: Caller, pid: string): Promise<DatasetRecord> {
    return this.datasets.read(caller, pid, { rule: accessTable.dataset.readUnshared, missing });
  }

  private async reasonOfNone({ pid, datasetlifecycle }: DatasetRecord): Promise<string> {
    const refused = await this.refusedSince(pid, new Date(0));
    if (refused !== undefined) return refused;
    if ((await this.keys.all()).length === 0)
      return 'This installation issues no certificates: an operator gives the archiver a key (CERTIFICATE_KEY_FILE).';
    if (!datasetlifecycle.retrievable)
      return `Dataset ${pid} is not archived: a certificate is issued when it is.`;
    return `No certificate of ${pid} was issued yet. ${again}`;
  }

  private async refusedSince(pid: string, since: Date): Promise<string | undefined> {
    const refusal = await this.records.refusalOf(pid);
    if (refusal === undefined || refusal.at < since) return undefined;
    return `No certificate of ${pid} was issued on ${refusal.at.toISOString()} (${refusal.code}): ${refusal.message}`;
  }

  private async read(record: CertificateRecord): Promise<unknown> {
    try {
      return await this.objects.read(record);
    } catch (error) {
      if (error instanceof CatenaError && error.code === 'storage.reference-lost')
        throw new Refusal(404, `The certificate of ${record.pid} is lost. ${again}`);
      throw error;
    }
  }
}

function isRevoked({ revokedAt }: CertificateKey): boolean {
  return revokedAt !== undefined;
}

const again = 'A job that verifies the dataset has one issued.';

function withdrawn({ pid, issuedAt }: CertificateRecord): string {
  return `The certificate of ${pid} of ${issuedAt.toISOString()} is withdrawn: the catalogue does not list the same datablocks any more, as the dataset was reset or archived again. ${again}`;
}
