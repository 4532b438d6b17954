import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  certificateDeclinedV1,
  datasetCertifiedV1,
  type CertificateDeclinedV1,
  type DatasetCertifiedV1,
  type Envelope,
} from '#contracts';
import { done, Handles, type Outcome } from '#messaging';
import { type Logger, LOGGER } from '#observability';

/** What became of certificates, for the log: they are issued beside the job, and the catalogue keeps them. */
@Controller()
export class CertificationReportsConsumer {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  @Handles(datasetCertifiedV1)
  certified(@Payload() { data }: Envelope<DatasetCertifiedV1>): Promise<Outcome> {
    const { jobId, pid, kid } = data;
    this.logger.debug({ jobId, pid, kid }, 'the archiver has certified a dataset');
    return Promise.resolve(done);
  }

  @Handles(certificateDeclinedV1)
  declined(@Payload() { data }: Envelope<CertificateDeclinedV1>): Promise<Outcome> {
    const { jobId, pid, code, message } = data;
    this.logger.warn({ jobId, pid, code, error: message }, 'the archiver has issued no certificate');
    return Promise.resolve(done);
  }
}
