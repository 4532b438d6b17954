import { Module } from '@nestjs/common';
import { DatasetsModule } from '../datasets/datasets.module.js';
import { CertificateObjects } from './certificate-objects.js';
import { CertificateRecords } from './certificate-records.js';
import { CertificateReportsConsumer } from './certificate-reports.consumer.js';
import { CertificateSweep } from './certificate-sweep.js';
import { CertificateKeysController, DatasetCertificatesController } from './certificates.controller.js';
import { DatasetCertificates } from './dataset-certificates.js';
import { KeyOperationsController } from './key-operations.controller.js';
import { KnownKeys } from './known-keys.js';

/** Certificates of archived datasets: what the archiver signed, kept and shown. */
@Module({
  imports: [DatasetsModule],
  controllers: [
    CertificateReportsConsumer,
    DatasetCertificatesController,
    CertificateKeysController,
    KeyOperationsController,
  ],
  providers: [CertificateObjects, CertificateRecords, CertificateSweep, DatasetCertificates, KnownKeys],
})
export class CertificatesModule {}
