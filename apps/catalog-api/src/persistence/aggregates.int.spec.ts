import { datasetClaimRecordsConformance } from '../testing/dataset-claim-records.conformance.js';
import { jobMailRecordsConformance } from '../testing/job-mail-records.conformance.js';
import { jobRecordsConformance } from '../testing/job-records.conformance.js';
import { realCatalogue } from '../testing/real-catalogue.js';

for (const conformance of [datasetClaimRecordsConformance, jobMailRecordsConformance, jobRecordsConformance])
  conformance('a database', () => realCatalogue(process.env['MONGODB_URI']));
