import { Inject, Injectable } from '@nestjs/common';
import { signCertificate, totalsOf, type SigningKey } from '#certificates';
import { ClaimChecks } from '#claim-check';
import {
  certificateDeclinedV1,
  datasetCertifiedV1,
  type CertifyDatasetV1,
  type certifyDatasetV1,
} from '#contracts';
import { Clock, crashPoint, PermanentError, pidAsName } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { eventRow, type AnswerRow } from '#outbox';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import { CertifiedDatablocks } from './certified-datablocks.js';

/**
 * Signs what the archiver knows of a dataset at this moment. Whatever keeps it from that is an answer as well: no job depends
 * on it. What has changed when the certificate arrives, the catalogue sees: it shows none of other datablocks than it lists.
 */
@Injectable()
export class CertifyDatasetHandler {
  constructor(
    private readonly datablocks: CertifiedDatablocks,
    private readonly claimChecks: ClaimChecks,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async handle(order: CertifyDatasetV1, context: WorkContext): Promise<AnswerRow<typeof certifyDatasetV1>> {
    try {
      return await this.certify(order, this.key(), context);
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      const { workOrderId, jobId, pid } = order;
      const { code, message } = error;
      this.logger.warn({ jobId, pid, code, error: message }, 'no certificate was issued');
      const declined = { workOrderId, jobId, pid, code, message: message.slice(0, 2000) };
      return eventRow(certificateDeclinedV1, declined, this.clock.now());
    }
  }

  private async certify(
    { workOrderId, jobId, pid }: CertifyDatasetV1,
    key: SigningKey,
    { epoch, signal }: WorkContext,
  ): Promise<AnswerRow<typeof certifyDatasetV1>> {
    const datablocks = await this.datablocks.of(pid, signal);
    const now = this.clock.now();
    const issuedAt = now.toISOString();
    const { issuer } = this.config.certificates;
    const totals = totalsOf(datablocks);
    const signed = signCertificate({ version: 1, issuer, issuedAt, pid, datablocks, totals }, key);
    // Each try has an object of its own: a worker that was overtaken must not write over what the other one has reported.
    const certificate = await this.claimChecks.keep(
      `certificates/${pidAsName(pid)}/${issuedAt.replaceAll(':', '')},${workOrderId.replaceAll('/', ',')},${epoch}.json`,
      Buffer.from(JSON.stringify(signed)),
      'application/json',
    );
    crashPoint('archiver.after-certificate');
    return eventRow(
      datasetCertifiedV1,
      { workOrderId, jobId, pid, kid: key.kid, issuedAt, certificate },
      now,
    );
  }

  /** One that took the order over may have been started without a key. */
  private key(): SigningKey {
    const { key } = this.config.certificates;
    if (key !== undefined) return key;
    throw new PermanentError(
      'archiver.certificate-key-missing',
      'Expected a key to sign with, found that this archiver was started without CERTIFICATE_KEY_FILE: give all archivers the same one, then have the dataset verified.',
    );
  }
}
