import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { checkCertificate, type Certificate, type CertificateKey } from '#certificates';
import {
  certificateDeclinedV1,
  certificateKeyAnnouncedV1,
  datasetCertifiedV1,
  type CertificateDeclinedV1,
  type CertificateKeyAnnouncedV1,
  type DatasetCertifiedV1,
  type Envelope,
} from '#contracts';
import { crashPoint } from '#kernel';
import { done, Handles, type Outcome } from '#messaging';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { CertificateObjects } from './certificate-objects.js';
import { CertificateRecords } from './certificate-records.js';
import { KnownKeys } from './known-keys.js';

/** What the archiver says of certificates. One is kept only if an announced key has signed it, and for the dataset it came for. */
@Controller()
export class CertificateReportsConsumer {
  constructor(
    private readonly records: CertificateRecords,
    private readonly objects: CertificateObjects,
    private readonly keys: KnownKeys,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  @Handles(certificateKeyAnnouncedV1)
  async announced(@Payload() { data }: Envelope<CertificateKeyAnnouncedV1>): Promise<Outcome> {
    await this.keys.add({ ...data, validFrom: new Date(data.validFrom) });
    return done;
  }

  @Handles(datasetCertifiedV1)
  async certified(@Payload() { data }: Envelope<DatasetCertifiedV1>): Promise<Outcome> {
    const { workOrderId, jobId, pid, kid, issuedAt, certificate: reference } = data;
    const most = this.config.maxCertificates;
    // One that comes after so many newer ones is forgotten already, and its object with it.
    if (await this.records.isSuperseded(pid, new Date(issuedAt), most)) return done;
    if (!(await this.records.has(workOrderId))) {
      const keys = await this.keys.all();
      if (!keys.some((key) => key.kid === kid)) return unknownKey(pid, kid);
      const checked = checkCertificate(await this.objects.read({ reference }), keys);
      if (!checked.valid) return invalid(pid, checked.reason);
      const { certificate, key } = checked;
      if (certificate.pid !== pid || key.kid !== kid)
        return invalid(pid, `it is one of ${certificate.pid}, signed with ${key.kid}`);
      if (isAfterRetirement(certificate, key))
        return invalid(
          pid,
          `it is of ${certificate.issuedAt}, and its key ${kid} was retired on ${key.retiredAt}: give all archivers the newest CERTIFICATE_KEY_FILE`,
        );
      await this.records.add({ workOrderId, jobId, kid, certificate, reference });
    }
    crashPoint('catalog.after-certificate');
    const kept = await this.records.keepNewest(pid, most);
    const oldest = kept.at(-1);
    // While there is room, an older one may still be on its way.
    if (oldest !== undefined && kept.length === most) await this.objects.removeOlder(pid, oldest);
    return done;
  }

  @Handles(certificateDeclinedV1)
  async declined(@Payload() { data, time }: Envelope<CertificateDeclinedV1>): Promise<Outcome> {
    const { pid, code, message } = data;
    await this.records.refuse({ _id: pid, code, message, at: new Date(time) });
    return done;
  }
}

/** Milliseconds in which all archivers get the new key, and clocks may differ. */
const retirementMargin = 3_600_000;

/** Nobody of ours signs with it any more: another one has it, or an archiver was forgotten. */
function isAfterRetirement({ issuedAt }: Certificate, { retiredAt }: CertificateKey): boolean {
  return retiredAt !== undefined && Date.parse(issuedAt) > Date.parse(retiredAt) + retirementMargin;
}

/** The announcement may come a moment later. */
function unknownKey(pid: string, kid: string): Outcome {
  return {
    kind: 'retry',
    code: 'catalog.certificate-key-unknown',
    reason: `Expected the key ${kid}, which signed the certificate of ${pid}, to be announced, found that it was not yet.`,
  };
}

function invalid(pid: string, found: string): Outcome {
  return {
    kind: 'dead',
    code: 'catalog.certificate-invalid',
    reason: `Expected a certificate of ${pid} that an announced key has signed, found that ${found}. Find out who writes to the control bucket.`,
  };
}
