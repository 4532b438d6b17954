import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { CatalogUploadCatalogue } from './catalog-upload-catalogue.js';
import { UploadableDatasets } from './uploadable-datasets.js';

/** What the ingestors' API asks of this catalogue. */
@Module({
  imports: [AccountsModule, JobsModule],
  providers: [UploadableDatasets, CatalogUploadCatalogue],
  exports: [CatalogUploadCatalogue],
})
export class IngestorCatalogueModule {}
