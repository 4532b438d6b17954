import { datasetClaimRecordsConformance } from '../testing/dataset-claim-records.conformance.js';
import { jobMailRecordsConformance } from '../testing/job-mail-records.conformance.js';
import { jobRecordsConformance } from '../testing/job-records.conformance.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';

for (const conformance of [datasetClaimRecordsConformance, jobMailRecordsConformance, jobRecordsConformance])
  conformance('memory', () =>
    Promise.resolve({ catalogue: memoryCatalogue(), close: () => Promise.resolve() }),
  );
