export { makeBuckets } from './make-buckets.js';
export { ObjectStore } from './object-store.js';
export type {
  ListedObject,
  ObjectAttributes,
  ObjectHead,
  ObjectRange,
  ObjectVersion,
  OpenObject,
  PendingUpload,
  PutOptions,
  RelayOptions,
  RestoreOptions,
  UploadPart,
  UploadedPart,
} from './object-store.js';
export { maxPartInMemory, PartBuffer, type PartDigests } from './part-buffer.js';
export { S3ObjectStore } from './s3/s3-object-store.adapter.js';
export type { S3ObjectStoreOptions } from './s3/s3-client.js';
export { s3OptionsFrom } from './s3/s3-options.js';
