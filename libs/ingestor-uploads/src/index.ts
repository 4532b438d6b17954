export { ingestorConfigFrom, storeConnections, type IngestorConfig } from './ingestor.config.js';
export { KnownCallers } from './endpoints/known-callers.js';
export { OperatedUploadsController } from './operate/operated-uploads.controller.js';
export { IngestorModule } from './ingestor.module.js';
export { KnownMultiparts } from './uploads/known-multiparts.js';
export {
  UploadCatalogue,
  type JobRun,
  type MissingDependency,
  type RegisteredFile,
  type UploadDataset,
  type Uploader,
  type WantedArchiveJob,
} from './upload-catalogue.js';
export { UploadRefused } from './upload-refused.js';
